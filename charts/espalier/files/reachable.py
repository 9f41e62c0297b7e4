"""`helm test`: asks an operator, from beside it, whether it is ready, takes reports and answers.

python3 reachable.py READINESS-URL INGEST-URL [READ-URL]
"""

from __future__ import annotations

import ssl
import sys
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

# Who it is does not matter here: nothing is told to it. And no proxy is in between.
CONTEXT = ssl._create_unverified_context()
OPEN = build_opener(ProxyHandler({}), HTTPSHandler(context=CONTEXT)).open


def ready(url: str) -> str:
    """Return what the readiness probe says."""
    try:
        with OPEN(url, timeout=10) as answer:
            return answer.read().decode()
    except HTTPError as error:
        sys.exit(f"the operator is not ready: {error.read().decode()}")
    except OSError as error:
        sys.exit(f"expected an answer of {url}, got none: {error}")


def refuses(port: str, request: Request) -> str:
    """Return that a port answers; what comes without a token is refused."""
    url = request.full_url
    try:
        OPEN(request, timeout=10).close()
    except HTTPError as error:
        if error.code != 401:
            sys.exit(f"expected 401 of {url} to a request without a token, got {error.code}")
        return f"the {port} port answers"
    except OSError as error:
        sys.exit(f"expected an answer of {url}, got none: {error}")
    sys.exit(f"expected 401 of {url} to a request without a token; it was taken")


if __name__ == "__main__":
    print(ready(sys.argv[1]))
    print(refuses("ingest", Request(sys.argv[2], b"{}", {"Content-Type": "application/json"})))
    for address in sys.argv[3:]:
        print(refuses("read", Request(address)))

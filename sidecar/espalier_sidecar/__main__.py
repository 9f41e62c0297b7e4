"""`python -m espalier_sidecar` runs the sidecar; with `ready`, waits until it listens."""

from __future__ import annotations

import os
import sys

EXIT_UNREADY = 1
EXIT_MISUSED = 2


def main() -> int:
    """Run, or wait; give the exit code."""
    if sys.argv[1:] == ["ready"]:
        from espalier_sidecar.ready import wait_until_ready

        return 0 if wait_until_ready(int(os.environ.get("ESPALIER_PORT", "9321"))) else EXIT_UNREADY
    from espalier_sidecar.errors import BadEnvironment
    from espalier_sidecar.log import log_line
    from espalier_sidecar.settings import read_settings
    from espalier_sidecar.sidecar import Sidecar, hold_signals

    if sys.argv[1:]:
        log_line(f"expected no argument, or ready; came {' '.join(sys.argv[1:])}")
        return EXIT_MISUSED
    hold_signals()
    try:
        settings = read_settings(os.environ)
        sidecar = Sidecar(settings)
    except (BadEnvironment, OSError, ValueError) as error:
        log_line(str(error))
        return EXIT_MISUSED
    return sidecar.run()


if __name__ == "__main__":
    sys.exit(main())

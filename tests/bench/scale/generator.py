"""The load as a process of its own: `python -m tests.bench.scale.generator SETTINGS`.

Reads one command a line, as JSON, and answers each with a line of JSON: `post`, `mark`, `answered`,
`end`, `state`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

from espalier.ingest.listening import connections_possible
from tests.bench.scale.api import Access, Api
from tests.bench.scale.curves import Curves
from tests.bench.scale.load import Load


async def obey(load: Load, command: dict[str, Any]) -> dict[str, Any]:
    match command["do"]:
        case "post":
            return await load.post(command["rate"], command["seconds"])
        case "mark":
            load.mark()
        case "answered":
            return load.answered()
        case "end":
            load.end_all()
    return load.state()


async def answer(load: Load, line: str) -> None:
    command = json.loads(line)
    told = await obey(load, command)
    print(json.dumps({"id": command["id"], **told}), flush=True)


async def run(settings: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    async with Api(Access(**settings["access"])) as api, asyncio.TaskGroup() as group:
        load = Load(api, settings["namespace"], Curves(**settings["curves"]))
        following = group.create_task(load.follow())
        answers = set()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            answers.add(group.create_task(answer(load, line)))
        following.cancel()
        for task in answers:
            task.cancel()


def main() -> None:
    settings = json.loads(sys.argv[1])
    connections_possible(4096)  # raises the number of files that this process may open
    with contextlib.suppress(KeyboardInterrupt):
        try:
            import uvloop
        except ImportError:
            asyncio.run(run(settings))
        else:
            uvloop.run(run(settings))


if __name__ == "__main__":
    main()

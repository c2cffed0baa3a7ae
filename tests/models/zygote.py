"""Runs small jobs through a door, each in a process of its own that may be killed: forked, as importing takes long.

On standard input a JSON job, and an empty line once its status is wanted; on standard output the child's process id,
and when it has ended its status.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import openai  # noqa: F401 - loaded before the fork, as the room loads it only when it connects

import promptci.models.openai
import promptci.models.pipeline  # noqa: F401 - likewise
from promptci.core import Message
from promptci.models.base import ModelSpec, Price, Request
from promptci.models.budget import Budget, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.models.store import Store


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            run(job)
            os._exit(0)
        _tell(child)
        sys.stdin.readline()  # until then the child, dead or alive, keeps its id
        _tell(os.waitpid(child, 0)[1])


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def run(job: dict[str, Any]) -> None:
    """Ask all questions of the job, and write the report that the answers give."""
    if job["die_at"] is not None:
        _die_at_commit(*job["die_at"])
    spec = ModelSpec("m", job["url"], max_tokens=16, price=Price(1, 2))
    requests = [Request(spec, "scorer", (Message("user", f"question {i}"),)) for i in range(job["questions"])]
    folder = Path(job["folder"])
    limits = Limits(max_calls=job["max_calls"])
    with Door(budget=Budget(limits), cache=Cache(folder / "c"), run_id="run", concurrency=4) as door:
        replies = door.ask_all(requests[:1])  # alone, so that no other is on its way before the lesson is learned
        replies += door.ask_all(requests[1:])
        (folder / "sent").write_text(str(door.spent.sent))
        spent = {name: value for name, value in asdict(door.spent).items() if name not in ("waited_s", "lost_calls")}
        notes = [note for note in door.notes if "interrupted" not in note]
        timeless = [asdict(replace(reply, latency_s=None)) for reply in replies]
        report = {"replies": timeless, "spent": spent, "notes": notes}
    part = folder / "part"
    part.write_text(json.dumps(report, indent=1))
    part.replace(folder / "report.json")


def _die_at_commit(number: int, when: str) -> None:
    """Kill this process before or after its commit `number`."""
    commit, count = Store.transaction, 0

    @contextmanager
    def counted(self: Store) -> Iterator[Any]:
        nonlocal count
        count += 1
        with commit(self) as connection:
            yield connection
            if when == "before" and count == number:
                os.kill(os.getpid(), signal.SIGKILL)
        if when == "after" and count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    Store.transaction = counted  # type: ignore[method-assign]  # in a process that is about to die


if __name__ == "__main__":
    main()

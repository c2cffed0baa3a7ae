"""Programs that are killed at any moment, hang in every way, and look around for what is not theirs."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest

from promptci.core import Case
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.targets.answer import reply_of
from promptci.targets.model import spec_of
from promptci.targets.program import Program
from tests.conftest import Repo
from tests.targets.test_process import LINES, QUICK, asked, program

START = "import json, os, subprocess, sys, time\n"
ANSWERS = """
    row = json.loads(line)
    print(json.dumps({"id": row["id"], "output": row["vars"]["x"]}), flush=True)
"""


BUSY = "while 1:\n    print('busy', flush=True)\n    time.sleep(.05)"
CLOSES = "sys.stdin.readline()\nos.close({})\ntime.sleep(600)"
HALF = "print(sys.stdin.readline()[:-3], flush=True)"


def said_of(reply: Reply) -> str:
    assert reply.failure is not None
    return reply.failure.detail


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        pytest.param("time.sleep(600)", "y" * 5_000_000, "said nothing for 0.5 s", id="never-reads-a-long-line"),
        pytest.param(BUSY, "a", "gave no answer for 2 s; its last words: busy", id="goes-on-printing"),
        pytest.param(CLOSES.format(0), "a", "said nothing for 0.5 s", id="closes-its-input"),
        pytest.param(CLOSES.format(1), "a", "said nothing for 0.5 s", id="closes-its-output"),
        pytest.param(
            HALF, "a", 'ended (exit code 0) with this case open; its last words: {"id": "', id="half-an-answer"
        ),
        pytest.param(
            "import none_such",
            "a",
            "; its last words: ModuleNotFoundError: No module named 'none_such'",
            id="a-traceback-ends-with-its-exception",
        ),
    ],
)
def test_a_program_that_does_not_answer_is_ended_with_a_reason(text: str, value: str, said: str) -> None:
    (reply,) = asked(program(START + text, whole=True, limit_s=0.5), [value])
    assert said in said_of(reply)
    assert reply.attempts == 2


@pytest.mark.parametrize("more", ["", ", start_new_session=True"], ids=["child", "daemon"])
def test_an_end_is_seen_although_a_child_holds_the_output_open(more: str) -> None:
    text = f"{START}for line in sys.stdin:\n    subprocess.Popen(['sleep', '30']{more}); os._exit(3)"
    begun = time.monotonic()
    (reply,) = asked(program(text, whole=True, limit_s=300), ["a"])
    assert "the program ended (exit code 3) with this case open" in said_of(reply)
    assert time.monotonic() - begun < 25  # neither the silence nor the child was waited for


def test_a_hang_is_ended_although_a_daemon_holds_the_output_open() -> None:
    text = f"{START}subprocess.Popen(['sleep', '30'], start_new_session=True)\ntime.sleep(600)"
    begun = time.monotonic()
    (reply,) = asked(program(text, whole=True, limit_s=0.5), ["a"])
    assert "said nothing" in said_of(reply)
    assert time.monotonic() - begun < 25


def test_a_program_that_takes_one_case_and_closes_its_input_is_started_again_for_each() -> None:
    text = f"{START}for line in [sys.stdin.readline()]:{ANSWERS}\nos.close(0)\ntime.sleep(600)"
    replies = asked(program(text, whole=True, limit_s=0.5), ["a", "b", "c"], at_once=1)
    assert [r.text for r in replies] == ["a", "b", "c"]


def test_what_cannot_be_written_again_is_no_answer() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    reply = reply_of({"output": "x", "trace": [{"tool": "look", "arguments": deep}]}, "app")
    assert said_of(reply) == "the program's line is nested too deeply"


KILLED = """\
import json, os, sys
with open({log!r}, "a") as log:
    for line in sys.stdin:
        row = json.loads(line)
        log.write(str(os.getpid()) + " " + row["id"] + "\\n"); log.flush()
        print(json.dumps({{"id": row["id"], "output": row["vars"]["x"]}}), flush=True)
"""


def killing(log: Path, kills: int, rng: random.Random, over: Event) -> int:
    """Kill whichever process wrote the log's last line, at random moments, so often or until it is over."""
    done, dead = 0, set()
    while done < kills and not over.is_set():
        over.wait(rng.uniform(0.001, 0.02))
        lines = log.read_text().splitlines() if log.exists() else []
        last = lines[-1].split(" ")[0] if lines else ""
        if last and last not in dead:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(last), signal.SIGKILL)
                dead.add(last)
                done += 1
    return done


@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.fault)])
def test_kills_at_random_moments_lose_nothing_and_the_budget_is_exact(kills: int, tmp_path: Path) -> None:
    log, over, rng, done = tmp_path / "log", Event(), random.Random(kills), [0]
    found = program(KILLED.format(log=str(log)), whole=True)
    spec = spec_of(found, ModelSpec("offline"))
    values = [f"{n} " + "z" * rng.choice((1, 100, 200_000)) for n in range(40 * kills)]
    requests = [Request(spec, "scorer", LINES.messages(Case(f"c{n}", {"x": v}))) for n, v in enumerate(values)]
    cap = 60 * kills
    killer = Thread(target=lambda: done.__setitem__(0, killing(log, kills, rng, over)))
    killer.start()
    with Door(
        budget=Budget(Limits(max_calls=cap)), cache=Cache(tmp_path / "a.sqlite"), concurrency=8, policy=QUICK
    ) as door:
        replies = door.ask_all(requests)
        spent = door.spent
        over.set()
        killer.join()
        again = door.ask_all([one for one, reply in zip(requests, replies, strict=True) if reply.text is not None])
        assert door.spent.sent == spent.sent  # an answer that came is kept, whatever came after it
    assert done[0] >= min(kills, 2)
    assert all(r.text == v for r, v in zip(replies, values, strict=True) if r.text is not None)
    lost = [r for r in replies if r.text is None]
    assert all("ended (signal 9) with this case open" in said_of(r) for r in lost)
    assert len(lost) <= max(1, done[0] / 10)  # one that was killed twice, the second time alone
    assert len(again) == len(replies) - len(lost)
    received = Counter(log.read_text().split()[1::2])
    assert set(received.values()) == {1}  # no case is sent twice under one number
    assert received.total() <= spent.sent == sum(r.attempts for r in replies) <= cap


LOOKS = """\
import json, os, pathlib, subprocess, sys, tempfile
places = [os.getcwd(), os.environ["HOME"], tempfile.gettempdir()]
for line in sys.stdin:
    row = json.loads(line)
    for place in places:
        pathlib.Path(place, row["vars"]["x"]).write_text("was here")
    git = subprocess.run(["git", "log", "-1"], capture_output=True, text=True)
    seen = sorted({name for place in places for name in os.listdir(place)})
    output = {"seen": seen, "git": git.returncode, "said": git.stderr}
    print(json.dumps({"id": row["id"], "output": output}), flush=True)
"""


def test_two_sides_see_neither_each_other_nor_the_repository(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(repo.path))  # temporary files within the repository itself
    sides = [Program((sys.executable, "app.py"), {"app.py": LOOKS.encode(), f"{n}.md": b"x"}) for n in ("old", "new")]
    requests = [
        Request(spec_of(side, ModelSpec("offline")), "scorer", LINES.messages(Case("c", {"x": name})))
        for side, name in zip(sides, ("left", "right"), strict=True)
    ]
    with Door(budget=Budget(Limits()), concurrency=2, policy=QUICK) as door:
        replies = door.ask_all([*requests, *requests])
    seen = [json.loads(reply.text or "{}") for reply in replies]
    assert [found["seen"] for found in seen[:2]] == [["app.py", "left", "old.md"], ["app.py", "new.md", "right"]]
    assert all(found["git"] != 0 and "not a git repository" in found["said"] for found in seen)
    assert repo.git("status", "--porcelain").strip() == ""

"""Programs that answer, die, hang, print and lie."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from promptci.core import Case, Part, Prompt
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.retry import RetryPolicy
from promptci.targets.model import CaseLines, spec_of
from promptci.targets.program import Program

HELPER = """\
from promptci.target import answer, cases
for case in cases():
    {body}
"""
ROOT = Path(__file__).parent.parent.parent
QUICK = RetryPolicy(base_s=0.001, cap_s=0.001)
LINES = CaseLines(Prompt("p", "p.md", (Part("system", "text"),)))


def program(body: str, *, limit_s: float = 60.0, whole: bool = False, beside: str = "") -> Program:
    text = body if whole else HELPER.format(body=body)
    text = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + text
    return Program(
        (sys.executable, "app.py"), {"app.py": text.encode(), **({beside: b"x"} if beside else {})}, limit_s=limit_s
    )


def asked(found: Program, values: Sequence[object], *, at_once: int = 8, limits: Limits | None = None) -> list[Reply]:
    spec = spec_of(found, ModelSpec("offline"))
    requests = [Request(spec, "scorer", LINES.messages(Case(f"c{n}", {"x": v}))) for n, v in enumerate(values)]
    with Door(budget=Budget(limits or Limits()), concurrency=at_once, policy=QUICK) as door:
        replies = door.ask_all(requests)
        assert limits is None or limits.max_calls is None or door.spent.sent <= limits.max_calls
    return replies


BACKWARDS = """\
import json
held = []
for line in sys.stdin:
    held.append(json.loads(line))
    if len(held) == 4:
        for row in reversed(held):
            print(json.dumps({"id": row["id"], "output": row["vars"]["x"] * 2}), flush=True)
"""


def test_each_case_gets_its_own_answer_whatever_their_order() -> None:
    replies = asked(program(BACKWARDS, whole=True), ["a", "b", "c", "d"], at_once=4)
    assert [r.text for r in replies] == ["aa", "bb", "cc", "dd"]


def test_values_of_json_usage_and_tool_calls_come_through() -> None:
    body = (
        "answer(case, {'a': 1}, usage={'input_tokens': 7, 'output_tokens': 2},"
        " trace=[{'tool': 'look', 'arguments': {'k': 1}}, {'type': 'thought', 'name': 'hm'}])"
    )
    (reply,) = asked(program(body), ["a"])
    assert reply.text is not None
    assert json.loads(reply.text) == {"a": 1}
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.estimated) == (7, 2, False)
    assert [(c.name, c.arguments) for c in reply.tool_calls] == [("look", '{"k":1}')]


def test_the_program_sees_neither_id_nor_expected_answer() -> None:
    body = "answer(case, [sorted(vars(case)), sorted(case.vars), case.id.isdigit()])"
    (reply,) = asked(program(body), ["a"])
    assert reply.text == '[["id", "messages", "vars"], ["x"], true]'


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        pytest.param("answer(case, error='no index')", "bad_request", "the program says: no index", id="its-own-error"),
        pytest.param("answer(case, '')", "empty", "output is empty", id="empty"),
        pytest.param("answer(case)", "bad_request", "no 'output'", id="nothing"),
        pytest.param("sys.stderr.write('out of memory\\n'); sys.exit(3)", "bad_request", "exit code 3", id="exits"),
        pytest.param("import os; os.kill(os.getpid(), 9)", "bad_request", "signal 9", id="killed"),
        pytest.param("1 / 0", "bad_request", "ZeroDivisionError", id="raises"),
    ],
)
def test_a_case_without_an_answer_has_its_reason(body: str, kind: str, said: str) -> None:
    choice = f"if case.vars['x'] == 'bad':\n        {body}\n    else:\n        answer(case, 'ok')"
    first, bad, last = asked(program(choice), ["ok", "bad", "ok"], at_once=1)
    assert (first.text, last.text) == ("ok", "ok")
    assert bad.failure is not None
    assert bad.failure.kind == kind
    assert said in bad.failure.detail


def test_a_dying_process_costs_only_the_case_that_kills_it() -> None:
    body = "answer(case, str(case.vars['x'])) if case.vars['x'] % 10 else sys.exit(1)"
    replies = asked(program(body), range(1, 41))
    assert [n for n, r in enumerate(replies, 1) if r.text is None] == [10, 20, 30, 40]
    assert all(r.text == str(n) for n, r in enumerate(replies, 1) if n % 10)


def test_a_case_that_hangs_is_given_up_and_the_others_are_answered() -> None:
    body = "import time\n    time.sleep(600) if case.vars['x'] == 3 else answer(case, 'ok')"
    replies = asked(program(body, limit_s=0.5), range(6))
    assert [r.text for r in replies] == ["ok", "ok", "ok", None, "ok", "ok"]
    assert replies[3].failure is not None
    assert "said nothing for 0.5 s" in replies[3].failure.detail


NOISY = """\
import json
for line in sys.stdin:
    row = json.loads(line)
    print("thinking about", row["id"])
    print("{not json")
    print(json.dumps({"id": "no such case", "output": "lie"}))
    print(json.dumps(["a", "list"]))
    print(json.dumps({"id": row["id"], "output": row["vars"]["x"]}), flush=True)
    print(json.dumps({"id": row["id"], "output": "a second answer"}), flush=True)
"""


def test_prints_lies_and_second_answers_are_passed_over() -> None:
    assert [r.text for r in asked(program(NOISY, whole=True), ["a", "b", "c"])] == ["a", "b", "c"]


def test_megabytes_go_in_and_out() -> None:
    (reply,) = asked(program("print('x' * 10); answer(case, case.vars['x'] * 2)"), ["y" * 7_000_000])
    assert reply.text is not None
    assert len(reply.text) == 14_000_000


def test_an_endless_line_ends_the_process() -> None:
    body = "sys.stdout.write('x'); [os.write(1, b'y' * 1000000) for _ in range(40)]"
    text = "import os\nfor line in sys.stdin:\n    " + body + "\n"
    (reply,) = asked(program(text, whole=True), ["a"])
    assert reply.failure is not None
    assert "longer than 32 MB" in reply.failure.detail


def test_the_environment_holds_no_key_that_it_was_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "MY_KEY"):
        monkeypatch.setenv(name, "secret")
    found = program("import os; answer(case, sorted(os.environ))")
    given = Program(found.command, found.files, environment=("MY_KEY",))
    (reply,) = asked(given, ["a"])
    assert reply.text is not None
    names = set(json.loads(reply.text))
    assert {n for n in names if n.endswith(("KEY", "TOKEN"))} == {"MY_KEY"}


def test_the_key_that_it_was_given_is_masked_in_all_that_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-0123456789-abcdef")
    for body in ("answer(case, 'with ' + os.environ['MY_KEY'])", "sys.stderr.write(os.environ['MY_KEY']); sys.exit(3)"):
        found = program(f"import os, sys; {body}")
        (reply,) = asked(Program(found.command, found.files, environment=("MY_KEY",)), ["a"])
        assert "0123456789" not in str(reply)
        assert "[key]" in str(reply)


def test_it_runs_among_its_own_files_without_git_and_they_are_gone_afterwards() -> None:
    (reply,) = asked(program("import os; answer(case, [os.getcwd(), sorted(os.listdir('.'))])", beside="a.md"), ["a"])
    assert reply.text is not None
    place, names = json.loads(reply.text)
    assert names == ["a.md", "app.py"]
    assert not Path(place).exists()


def test_a_command_that_is_not_there_is_named() -> None:
    (reply,) = asked(Program(("no-such-program",), {}), ["a"])
    assert reply.failure is not None
    assert "'no-such-program' cannot be started" in reply.failure.detail


def test_every_send_counts_and_the_cap_holds() -> None:
    body = "answer(case, 'ok') if case.vars['x'] % 5 else sys.exit(1)"
    replies = asked(program(body), range(1, 31), limits=Limits(max_calls=20))
    assert any(r.failure is not None and r.failure.kind == "budget" for r in replies)


def test_two_revisions_are_two_addresses() -> None:
    a, b = program("answer(case, 1)"), program("answer(case, 2)")
    assert spec_of(a, ModelSpec("m")).base_url != spec_of(b, ModelSpec("m")).base_url


@pytest.mark.fault
def test_two_hundred_kills_at_random_lose_no_answer(tmp_path: Path) -> None:
    """Each process dies by itself after a random number of answers, before or after it wrote the last."""
    body = (
        "import random; os = __import__('os'); answer(case, case.vars['x'])"
        " if random.random() < 0.8 else os.kill(os.getpid(), 9)"
    )
    random.seed(0)
    replies = asked(program(body), range(1000), limits=Limits(max_calls=5000))
    wrong = [n for n, r in enumerate(replies) if r.text is not None and r.text != str(n)]
    assert wrong == []
    lost = [r for r in replies if r.text is None]
    assert all(r.failure is not None and "ended" in r.failure.detail for r in lost)
    assert len(lost) <= 100

"""The mistakes that people make: each is answered by one message with place, problem and mend, before any call."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promptci.cli import entry
from tests.serving import at_work

KEY = "FRONT_TEST_KEY"
PROMPT = "Say the word.\n\nInput: {{ input }}\n"
ROWS = "".join(json.dumps({"id": f"c{n}", "input": f"number {n}", "expected": "yes"}) + "\n" for n in range(6))
SETTINGS = """\
version: 1
models: {{scorer: {{model: m, base_url: "{url}", api_key_env: FRONT_TEST_KEY}}}}
prompts:
  - id: say
    file: prompts/say.md
    cases: evals/say.jsonl
"""


class Counting(BaseHTTPRequestHandler):
    """A server that only counts: nothing here may ever ask it."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.send_error(500)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with at_work(ThreadingHTTPServer(("127.0.0.1", 0), Counting)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"


def git(place: Path, *args: str) -> None:
    command = ["git", "-C", str(place), "-c", "user.name=D", "-c", "user.email=d@example.com", *args]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    files = {"promptci.yaml": SETTINGS.format(url=url), "prompts/say.md": PROMPT, "evals/say.jsonl": ROWS}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "-qm", "Begin")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY, "sk-0000000000")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield tmp_path
    for number, handler in handlers.items():
        signal.signal(number, handler)


def answered(args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the command line in this process; return its exit code and what it says of the mistake."""
    monkeypatch.setattr("sys.argv", ["promptci", *args])
    before = Counting.asked
    with pytest.raises(SystemExit) as ending:
        entry.main()
    printed = capsys.readouterr()
    assert Counting.asked == before, "a call was sent"
    assert isinstance(ending.value.code, int)
    return ending.value.code, printed.err or printed.out


# id, what is added below the prompt's entry of promptci.yaml (or the whole file), where, what is said
ADDED = [
    ("tab", "\tmetric: exact\n", "promptci.yaml:7", "tab"),
    ("unquoted-braces", "    target: {{ x }}\n", "promptci.yaml:7", "quotes"),
    ("no-colon", "    metric exact\n", "promptci.yaml:", "YAML"),
    ("bad-indentation", "   metric: exact\n", "promptci.yaml:7", "YAML"),
    ("duplicate-key", "    file: b.md\n", "promptci.yaml:7", "duplicate key 'file' (first on line 5)"),
    ("open-quote", "    metric: 'exact\n", "promptci.yaml:7", "YAML"),
    ("open-list", "    metrics: [exact\n", "promptci.yaml:7", "YAML"),
    ("conflict-in-settings", "<<<<<<< HEAD\n=======\n>>>>>>> b\n", "promptci.yaml:7", "conflict"),
    ("anchor", "    metric: &a exact\n", "promptci.yaml:7", "anchors"),
    ("unquoted-star", "    metric: *.md\n", "promptci.yaml:7", "quotes"),
    ("tag", "    metric: !!str exact\n", "promptci.yaml:7", "tag"),
    ("second-document", "---\nversion: 1\n", "promptci.yaml:7", "second document"),
    ("unknown-section", "serach: {steps: 1}\n", "promptci.yaml:7", "did you mean 'search'"),
    ("unknown-key", "    metrik: exact\n", "promptci.yaml:7", "did you mean 'metric'"),
    ("key-of-another-section", "    steps: 3\n", "promptci.yaml:7", "unknown key 'steps'"),
    ("hyphen-for-underscore", "    gate: {max-drop: 0.1}\n", "promptci.yaml:7", "did you mean 'max_drop'"),
    ("no-such-metric", "    metric: contians\n", "promptci.yaml:7", "did you mean 'contains'"),
    ("no-such-option", "    metric: {name: exact, ignore_caps: true}\n", "promptci.yaml:7", "'ignore_case'"),
    ("text-for-yes", "    metric: {name: exact, ignore_case: 'yes'}\n", "promptci.yaml:7", "true or false"),
    ("metric-twice", "    metric: exact\n    metrics: [contains]\n", "promptci.yaml:7", "both given"),
    ("text-for-a-list", "    gate: {must_pass: smoke}\n", "promptci.yaml:7", "must be a list"),
    ("percent", "    gate: {min_score: 80}\n", "promptci.yaml:7", "at most 1"),
    ("text-for-a-number", "    gate: {max_drop: low}\n", "promptci.yaml:7", "must be a number"),
    ("empty-section", "    gate:\n", "promptci.yaml:7", "must be a mapping"),
    ("must-pass-nothing", "    gate: {must_pass: [smok]}\n", "promptci.yaml", "no case's id or tag"),
    ("no-such-style", "    template: mustache\n", "promptci.yaml:7", "'jinja'"),
    ("no-such-part", "    rewrite: 7\n", "prompts/say.md", "7"),
    ("later-program", "    run: [python, a.py]\n", "promptci.yaml:7", "'run' needs 'files'"),
    ("own-server", "    model: {base_url: 'http://h'}\n", "promptci.yaml:7", "unknown key 'base_url'"),
    ("too-hot", "    model: {temperature: 3}\n", "promptci.yaml:7", "at most 2"),
    ("no-file", "  - {id: b, cases: evals/say.jsonl}\n", "promptci.yaml:7", "'prompts.file' is missing"),
    ("no-cases", "  - {file: prompts/b.md}\n", "promptci.yaml:7", "'prompts.cases' is missing"),
    ("equal-ids", "  - {file: b/say.md, cases: e.jsonl}\n", "promptci.yaml:7", "two prompts are called 'say'"),
    ("id-of-blanks", "  - {file: b.md, cases: e.jsonl, id: a b}\n", "promptci.yaml:7", "letters, digits"),
    ("name-with-blanks", "  - {file: my b.md, cases: e.jsonl}\n", "promptci.yaml:7", "no id can be made"),
    ("path-upwards", "  - {file: ../b.md, cases: e.jsonl, id: b}\n", "promptci.yaml:7", "inside the repository"),
    ("absolute-path", "  - {file: /b.md, cases: e.jsonl, id: b}\n", "promptci.yaml:7", "inside the repository"),
    ("pattern-of-nothing", "  - {file: 'promts/*.md', cases: e.jsonl}\n", "promptci.yaml", "stands for no file"),
    ("unknown-placeholder", "  - {file: b.md, cases: 'e/{id}.jsonl'}\n", "promptci.yaml:7", "{name}"),
    ("missing-prompt", "  - {file: b.md, cases: evals/say.jsonl}\n", "b.md", "no such file"),
    ("missing-eval-set", "  - {file: prompts/say.md, cases: b.jsonl, id: b}\n", "b.jsonl", "no such file"),
    ("unknown-prompt-ending", "  - {file: promptci.yaml, cases: evals/say.jsonl, id: b}\n", "promptci.yaml", "prompt"),
    ("unknown-set-ending", "  - {file: prompts/say.md, cases: prompts/say.md, id: b}\n", "prompts/say.md", "known: "),
    ("negative-calls", "budget: {max_calls: -1}\n", "promptci.yaml:7", "at least 0"),
    ("cost-as-text", "budget: {max_usd: '2 USD'}\n", "promptci.yaml:7", "must be a number"),
    ("no-such-strategy", "search: {strategy: orpo}\n", "promptci.yaml:7", "did you mean 'opro'"),
    ("no-such-choice", "pull_request: {when: never}\n", "promptci.yaml:7", "'confirmed'"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "where", "said"), [a[1:] for a in ADDED], ids=[a[0] for a in ADDED])
def test_a_mistake_in_the_settings(
    more: str, where: str, said: str, place: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = place / "promptci.yaml"
    path.write_text(path.read_text() + more)
    code, told = answered(["check", "--all", "--base", "HEAD"], monkeypatch, capsys)
    assert code in (2, 3)
    assert told.startswith(f"promptci: {where}")
    assert said in told
    assert "\n  hint: " in told


FILES = [
    ("column-misnamed", "evals/say.jsonl", ROWS.replace('"input"', '"text"'), "'input'"),
    ("answers-misnamed", "evals/say.jsonl", ROWS.replace('"expected"', '"expectd"'), "'expected'"),
    ("row-that-is-no-json", "evals/say.jsonl", ROWS + "{'id': 1}\n", "JSON"),
    ("row-that-is-a-list", "evals/say.jsonl", ROWS + "[1]\n", "object"),
    ("id-twice", "evals/say.jsonl", ROWS + ROWS.splitlines()[0] + "\n", "used twice"),
    ("tags-as-a-number", "evals/say.jsonl", ROWS + '{"input": "a", "expected": "b", "tags": 1}\n', "'tags'"),
    ("other-weights", "evals/say.jsonl", ROWS + '{"input": "a", "expected": "b", "weight": 2}\n', "weights"),
    ("empty-set", "evals/say.jsonl", "", "empty"),
    ("conflict-in-a-set", "evals/say.jsonl", "<<<<<<< a\n" + ROWS + "=======\n>>>>>>> b\n", "conflict"),
    ("conflict-in-a-prompt", "prompts/say.md", "<<<<<<< a\n" + PROMPT + "=======\n>>>>>>> b\n", "conflict"),
    ("empty-prompt", "prompts/say.md", "", "empty"),
    ("f-string", "prompts/say.md", PROMPT.replace("{{ input }}", "{input}"), "{input}"),
    ("f-string-too", "prompts/say.md", PROMPT + "Again: {input}\n", "{input}"),
    ("shell-variable", "prompts/say.md", PROMPT.replace("{{ input }}", "${input}"), "input"),
    ("open-block", "prompts/say.md", "{{#each items}}x{{ input }}\n", "{{#each}} is never closed"),
    ("import", "prompts/say.md", "{% import 'a' as a %}{{ input }}\n", "import"),
    ("open-braces", "prompts/say.md", "Say {{ input\n", "prompts/say.md"),
    ("hyphen-in-a-name", "prompts/say.md", "{{ user-name }} {{ input }}\n", "minus"),
    ("unknown-filter", "prompts/say.md", "{{ input | shout }}\n", "shout"),
    ("missing-partial", "prompts/say.md", "{% include 'b.md' %}{{ input }}\n", "b.md"),
    ("unknown-parameter", "prompts/say.md", "---\ntemprature: 1\n---\n" + PROMPT, "temprature"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_mistake_in_a_file(
    name: str, text: str, said: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / name).write_text(text)
    code, told = answered(["check", "--all", "--base", "HEAD"], monkeypatch, capsys)
    assert code in (2, 3)
    assert told.startswith(f"promptci: {name}")
    assert said in told


TYPED = [
    ("no-such-command", ["chekc"], 2, "check"),
    ("no-such-option", ["check", "--alll"], 2, "--all"),
    ("no-such-prompt", ["check", "sya"], 2, "did you mean 'say'"),
    ("no-such-revision", ["check", "--base", "nowhere"], 2, "nowhere"),
    ("no-such-settings", ["check", "-c", "other.yaml"], 2, "other.yaml"),
    ("no-such-run", ["check", "--resume", "x"], 2, "x"),
    ("two-modes", ["optimize", "--pr", "--write"], 2, "exclude each other"),
    ("no-such-ending", ["check", "-o", "report.pdf"], 2, "known: "),
    ("no-such-choice", ["check", "--fail-on", "always"], 2, "regression"),
    ("calls-as-text", ["check", "--max-calls", "many"], 2, "max-calls"),
    ("no-event", ["ci"], 2, "promptci check"),
    ("no-remote", ["optimize", "--pr"], 2, "git remote add"),
]


@pytest.mark.parametrize(("args", "code", "said"), [t[1:] for t in TYPED], ids=[t[0] for t in TYPED])
def test_a_mistake_on_the_command_line(
    args: list[str], code: int, said: str, place: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found, told = answered(args, monkeypatch, capsys)
    assert (found, told.startswith("promptci: ")) == (code, True)
    assert said in told
    assert "\n  hint: " in told


@pytest.mark.parametrize("key", ["sk-00000000\n00000000", "sk-00000000\x1b"], ids=["line", "escape"])
def test_a_key_that_cannot_be_sent_is_unmeasured_and_never_shown(
    key: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEY, key)
    code, told = answered(["check", "--all", "--base", "HEAD"], monkeypatch, capsys)
    assert code == 3
    assert KEY in told
    assert "00000000" not in told

"""JavaScript and Python in place, as promptfoo's assertions have them: what they see, what they mean, what they may."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptci.core import Case, Json
from promptci.errors import ConfigError, DataError
from promptci.metrics import sandbox
from promptci.metrics.base import Answer, Grade, needs_of
from promptci.metrics.build import build
from promptci.metrics.foreign import with_code_of
from promptci.metrics.promptfoo import NotCarried, metric_of

NODE = pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
CASE = Case("c1", {"input": "x", "city": "Rome"}, "paid", tags=("smoke",))


@pytest.fixture(autouse=True)
def _no_helper_is_left() -> Iterator[None]:
    yield
    sandbox.close_all()


def no_file(path: str) -> str:
    raise AssertionError(path)


def graded(assertion: dict[str, Json], output: str, text: str = "") -> Grade:
    metric = metric_of(assertion)
    assert not isinstance(metric, NotCarried), metric
    found = build([metric], lambda path: text)
    found.refuse([CASE], "e.jsonl")
    grade = found.parts[0].direct(CASE, Answer(output))
    assert grade is not None
    return grade


SCRIPTS: list[tuple[str, dict[str, Json], str, float | None]] = [
    ("an-expression", {"value": "output.includes('ahoy')"}, "ahoy there", 1.0),
    ("an-expression-that-does-not-hold", {"value": "output.includes('ahoy')"}, "hello", 0.0),
    ("a-body", {"value": "const n = output.length;\nreturn n > 3;"}, "ahoy", 1.0),
    ("a-body-in-one-line", {"value": "const n = output.length; return n > 9;"}, "ahoy", 0.0),
    ("a-semicolon", {"value": "return output === 'a';"}, "a", 1.0),
    ("what-the-row-holds", {"value": "output === context.vars.city"}, "Rome", 1.0),
    ("a-number", {"value": "0.4"}, "a", 1.0),
    ("a-number-and-a-threshold", {"value": "0.4", "threshold": 0.5}, "a", 0.0),
    ("a-number-at-its-threshold", {"value": "0.5", "threshold": 0.5}, "a", 1.0),
    ("nothing", {"value": "0"}, "a", 0.0),
    ("more-than-one", {"value": "output.length"}, "ahoy", 1.0),
    ("below-nothing", {"value": "-1"}, "a", 0.0),
    ("an-object", {"value": "({pass: true, score: 0.2, reason: 'ok'})"}, "a", 1.0),
    ("an-object-that-fails", {"value": "({pass: false, score: 0.9})"}, "a", 0.0),
    ("an-object-with-a-score", {"value": "({score: 0.9, reason: 'r'})", "threshold": 0.95}, "a", 0.0),
    ("json", {"value": "JSON.parse(output).a === 1"}, '{"a": 1}', 1.0),
    ("a-promise", {"value": "Promise.resolve(true)"}, "a", 1.0),
    ("awaited", {"value": "return (async () => output === 'a')();"}, "a", 1.0),
    ("what-it-is-told", {"value": "context.config.limit > output.length", "config": {"limit": 3}}, "ab", 1.0),
    ("a-value-in-quotes", {"value": "output === '{{city}}' && output !== \"{{ expected }}\""}, "Rome", 1.0),
    ("a-value-that-is-not-there", {"value": "output.includes('{{nobody}}')"}, "{{nobody}}", 1.0),
    ("braces-of-its-own", {"value": "`${output}` === '{{x}}' || output === 'a'"}, "a", 1.0),
    ("an-exception", {"value": "output.nope.more"}, "a", None),
    ("a-text", {"value": "'yes'"}, "a", None),
    ("undefined", {"value": "undefined"}, "a", None),
    ("no-javascript", {"value": "if ("}, "a", None),
    ("endless", {"value": "while (true) {}"}, "a", None),
]  # fmt: skip


@NODE
@pytest.mark.parametrize(("assertion", "output", "value"), [s[1:] for s in SCRIPTS], ids=[s[0] for s in SCRIPTS])
def test_javascript_in_place(assertion: dict[str, Json], output: str, value: float | None) -> None:
    grade = graded({"type": "javascript", **assertion}, output)
    assert grade.value == value
    assert grade.value is not None or grade.reason is not None


@NODE
@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param("module.exports = (output, context) => output === context.vars.city;", "", 1.0, id="a-function"),
        pytest.param(
            "module.exports = { check: (o) => o.length === 4, other: () => false };", ":check", 1.0, id="named"
        ),
        pytest.param("export default async (output) => ({ pass: output === 'no' });", "", 0.0, id="default"),
        pytest.param(
            "const { format } = require('util');\nmodule.exports = (o) => format('%s', o) === o;", "", 1.0, id="util"
        ),
        pytest.param("module.exports = 7;", "", None, id="no-function"),
        pytest.param("module.exports = {};", ":check", None, id="no-such-name"),
    ],
)
def test_javascript_in_a_file(text: str, name: str, value: float | None) -> None:
    assert graded({"type": "javascript", "value": f"file://checks/a.js{name}"}, "Rome", text).value == value


@NODE
@pytest.mark.parametrize(
    "code",
    [
        pytest.param("return require('fs').readFileSync('/etc/passwd').length > 0", id="no-require-in-place"),
        pytest.param("return process.mainModule.require('fs').readFileSync('@SECRET@').length > 0", id="a-file"),
        pytest.param("process.mainModule.require('fs').writeFileSync('@SECRET@', ''); return true", id="writing"),
        pytest.param(
            "process.mainModule.require('child_process').execSync('cat @SECRET@'); return true", id="a-program"
        ),
        pytest.param("return fetch('http://127.0.0.1:9/').then(() => true)", id="network"),
        pytest.param("return Object.keys(process.env).includes('SECRET') || undefined", id="environment"),
        pytest.param("process.kill(process.ppid, 'SIGKILL'); return true", id="its-parent"),
    ],
)
def test_hostile_javascript_fails_or_sees_nothing(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    monkeypatch.setenv("SECRET", "SECRET")
    assert graded({"type": "javascript", "value": code.replace("@SECRET@", str(secret))}, "a").value is None
    assert secret.read_text() == "SECRET"
    assert graded({"type": "javascript", "value": "true"}, "a").value == 1.0


PYTHON: list[tuple[str, dict[str, Json], str, float | None]] = [
    ("an-expression", {"value": "'ahoy' in output"}, "ahoy there", 1.0),
    ("an-expression-that-does-not-hold", {"value": "'ahoy' in output"}, "hello", 0.0),
    ("a-body", {"value": "import json\nfound = json.loads(output)\nreturn found['a'] == 1\n"}, '{"a": 1}', 1.0),
    ("what-the-row-holds", {"value": "output == context['vars']['city']"}, "Rome", 1.0),
    ("a-number-and-a-threshold", {"value": "0.4", "threshold": 0.5}, "a", 0.0),
    ("a-dict", {"value": "{'pass': True, 'score': 0.1, 'reason': 'r'}"}, "a", 1.0),
    ("a-dict-that-fails", {"value": "{'pass': False, 'score': 0.9}"}, "a", 0.0),
    ("over-several-lines", {"value": "(\n  len(output) == 4\n)"}, "ahoy", 1.0),
    ("an-exception", {"value": "context['nope']"}, "a", None),
]


@pytest.mark.parametrize(("assertion", "output", "value"), [p[1:] for p in PYTHON], ids=[p[0] for p in PYTHON])
def test_python_in_place(assertion: dict[str, Json], output: str, value: float | None) -> None:
    assert graded({"type": "python", **assertion}, output).value == value


def test_python_in_a_file_is_the_function_that_promptfoo_calls() -> None:
    text = (
        "def get_assert(output, context):\n    return output == context['vars']['city']\ndef other(o, c): return 0.0\n"
    )
    assert graded({"type": "python", "value": "file://a.py"}, "Rome", text).value == 1.0
    assert graded({"type": "python", "value": "file://a.py:other"}, "Rome", text).value == 0.0
    assert graded({"type": "not-python", "value": "file://a.py:other"}, "Rome", text).value == 1.0


@pytest.mark.parametrize(
    ("assertion", "why"),
    [
        pytest.param({"type": "javascript"}, "it has no code", id="no-code"),
        pytest.param({"type": "python", "value": " "}, "it has no code", id="blanks"),
        pytest.param({"type": "javascript", "value": {"a": 1}}, "it has no code", id="no-text"),
        pytest.param({"type": "javascript", "value": "9", "threshold": 7}, "from 0 to 1", id="threshold"),
        pytest.param({"type": "python", "value": "1", "config": {}}, "'config' has no counterpart", id="config"),
        pytest.param({"type": "javascript", "value": "1", "provider": "x"}, "'provider' has no", id="another-key"),
    ],
)
def test_what_cannot_be_carried_is_said(assertion: dict[str, Json], why: str) -> None:
    found = metric_of(assertion)
    assert isinstance(found, NotCarried)
    assert why in found.why


@pytest.mark.parametrize("name", ["python", "javascript"])
@pytest.mark.parametrize("options", [{}, {"code": " "}, {"code": "1", "file": "a.py"}], ids=["none", "blank", "both"])
def test_it_is_code_or_a_file(name: str, options: dict[str, Json]) -> None:
    with pytest.raises(ConfigError, match="needs one of the options"):
        build([{"name": name, **options}], lambda path: "def grade(o, c): return 1")


def test_python_in_place_that_is_none_is_refused_before_a_call() -> None:
    metric = build([{"name": "python", "code": "if output:"}], no_file)
    with pytest.raises(DataError, match="no Python") as caught:
        metric.refuse([CASE], "e.jsonl")
    assert caught.value.place == "e.jsonl"


def test_without_node_it_is_said_before_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(DataError, match="needs the program 'node'"):
        build([{"name": "javascript", "code": "true"}], no_file).refuse([CASE], "e.jsonl")


def test_another_text_is_another_metric() -> None:
    def version(**options: Json) -> str:
        return build([{"name": "javascript", **options}], lambda path: "text").version

    given: list[dict[str, Json]] = [
        {"code": "1"},
        {"code": "2"},
        {"code": "1", "config": {"a": 1}},
        {"file": "a.js"},
        {"file": "a.js", "function": "f"},
    ]
    assert len({version(**one) for one in given}) == len(given)


@pytest.mark.parametrize("name", ["python", "javascript"])
def test_code_in_place_is_code_and_a_stranger_s_runs_only_where_the_base_has_the_same(name: str) -> None:
    old, same, other = (build([{"name": name, "code": code}], no_file) for code in ("1", "1", "0"))
    assert needs_of(old).code
    assert with_code_of(old, same).version == old.version
    with pytest.raises(DataError, match="grading code that its base does not have"):
        with_code_of(old, other)
    with pytest.raises(DataError, match="grading code that its base does not have"):
        with_code_of(None, same)


@NODE
@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_a_value_ends_no_quotes_of_the_code(quote: str) -> None:
    case = Case("c", {"q": "') || true || (`${1}\" \n\\ '"})
    metric = build([{"name": "javascript", "code": f"output === {quote}{{{{q}}}}{quote}"}], no_file)
    assert metric(case, str(case.vars["q"])) == 1.0
    assert metric(case, "x") == 0.0

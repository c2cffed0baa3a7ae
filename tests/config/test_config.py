"""promptci.yaml: good defaults, and every mistake with its line and its mend."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci import yamlfile
from promptci.config import Config, json_schema, load, parse
from promptci.errors import ConfigError
from promptci.metrics import METRICS
from promptci.metrics.contains import Contains
from promptci.models.base import Price
from promptci.search.proposers import PROPOSERS

EXAMPLES = sorted(Path(__file__).resolve().parents[2].glob("examples/*/promptci.yaml"))
ONE = "prompts:\n  - file: prompts/triage.md\n    cases: evals/triage.jsonl\n"  # lines 1 to 3

CONTRACT = """\
version: 1
models:
  scorer:    {model: gpt-4.1-mini, base_url: https://api.openai.com/v1, api_key_env: OPENAI_API_KEY,
              temperature: 0, max_tokens: 256, price: {input: 0.40, output: 1.60}}   # USD per million tokens
  optimizer: {model: gpt-4.1, temperature: 1.0}
  judge:     {model: gpt-4.1}
budget: {max_calls: 2000, max_usd: 2.00, max_minutes: 20}
prompts:
  - id: triage                       # default: the file's name
    file: prompts/triage.md
    cases: evals/triage.jsonl
    metric: exact
    gate: {max_drop: 0.05, min_score: 0.80, must_pass: [smoke]}
search: {strategy: opro, steps: 10, per_step: 8, patience: 4}
pull_request: {when: confirmed, labels: [promptci], max_open: 3}
"""


def test_one_prompt_and_one_eval_set_are_enough() -> None:
    config = parse(ONE)
    (prompt,) = config.prompts
    assert (prompt.id, prompt.file, prompt.cases) == ("triage", "prompts/triage.md", "evals/triage.jsonl")
    assert config.models.scorer_spec().model == "offline"
    assert config.models.scorer_spec().temperature == 0.0
    assert config.models.optimizer_spec().temperature == 1.0
    assert config.budget.max_calls > 0
    assert (prompt.gate.max_drop, prompt.gate.detect) == (0.0, 0.05)
    assert config.search.strategy in PROPOSERS
    assert prompt.judged_by(str).version == METRICS["exact"]().version
    assert parse("version: 1\n" + ONE) == config


def test_the_contracts_example_says_what_it_says() -> None:
    config = parse(CONTRACT)
    scorer, optimizer, judge = (
        config.models.scorer_spec(), config.models.optimizer_spec(), config.models.judge_spec(),
    )  # fmt: skip
    assert (scorer.model, scorer.max_tokens, scorer.price) == ("gpt-4.1-mini", 256, Price(0.4, 1.6))
    assert (optimizer.model, optimizer.temperature, judge.model, judge.temperature) == ("gpt-4.1", 1.0, "gpt-4.1", 0.0)
    assert config.budget.max_usd == 2.0
    assert config.prompts[0].gate.must_pass == ("smoke",)
    assert config.prompts[0].gate.min_score == 0.8
    assert config.pull_request.labels == ("promptci",)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        pytest.param("prompts: [{file: a/triage.prompt.yml, cases: e}]", "triage", id="first-part-of-the-name"),
        pytest.param("prompts: [{file: ./a//b.md, cases: e}]", "b", id="untidy-path"),
        pytest.param("prompts: [{file: b.md, cases: e, id: ''}]", "b", id="empty-id"),
        pytest.param("prompts: [{file: my prompt.md, cases: e, id: mine}]", "mine", id="given"),
        pytest.param("prompts: [{file: b.md, cases: e, id: a.b-c_1.X}]", "a.b-c_1.X", id="with-dots"),
        pytest.param(f"prompts: [{{file: b.md, cases: e, id: {'i' * 100}}}]", "i" * 100, id="long"),
    ],
)
def test_ids(text: str, id_: str) -> None:
    assert parse(text).prompts[0].id == id_


def test_left_out_models_are_the_scorers() -> None:
    config = parse(ONE + "models: {scorer: {model: m, base_url: 'http://h:1/v1', temperature: 0.5, max_tokens: 9}}")
    for spec in (config.models.optimizer_spec(), config.models.judge_spec()):
        assert (spec.model, spec.base_url) == ("m", "http://h:1/v1")
        assert spec.max_tokens > 9
    assert config.models.optimizer_spec().temperature == 1.0
    assert config.models.judge_spec().temperature == 0.0


def test_a_temperature_of_null_sends_none_in_every_role_of_the_model() -> None:
    config = parse(ONE + "models: {scorer: {model: m, base_url: 'http://h:1/v1', temperature: null}}")
    models = config.models
    assert [s.temperature for s in (models.scorer_spec(), models.optimizer_spec(), models.judge_spec())] == [None] * 3


def test_a_metric_takes_its_options() -> None:
    config = parse(ONE + "    metric: {name: contains, ignore_case: false}\n")
    assert config.prompts[0].judged_by(str).parts[0].metric == Contains(ignore_case=False)


@pytest.mark.parametrize(
    ("more", "wanted"), [("", 0.95), ("    gate: {min_score: 0.8}\n", 0.8), ("    target: 0.9\n", 0.9)]
)  # fmt: skip
def test_the_score_that_is_wanted(more: str, wanted: float) -> None:
    assert parse(ONE + more).prompts[0].wanted == wanted


def test_prompts_are_chosen_by_id_once_and_in_the_order_asked() -> None:
    config = parse("prompts: [{file: a.md, cases: e}, {file: b.md, cases: e}, {file: c.md, cases: e}]")
    assert [p.id for p in config.chosen([])] == ["a", "b", "c"]
    assert [p.id for p in config.chosen(["c", "a", "c"])] == ["c", "a"]
    with pytest.raises(ConfigError, match="unknown prompt 'aa'") as caught:
        config.chosen(["aa"])
    assert caught.value.hint == "did you mean 'a'? known: a, b, c"


MISTAKES = [
    # what, the text below `prompts:` (which has three lines), the line, what is said
    ("unknown-key", "serach: {steps: 1}\n", 4, "unknown key 'serach'"),
    ("unknown-key-with-a-hyphen", "pull-request: {}\n", 4, "unknown key 'pull-request'"),
    ("unknown-key-of-a-prompt", "    metrik: exact\n", 4, "unknown key 'metrik'"),
    ("unknown-key-of-the-gate", "    gate:\n      max-drop: 0.1\n", 5, "unknown key 'max-drop'"),
    ("unknown-key-of-a-model", "models:\n  judge:\n    modle: x\n", 6, "unknown key 'modle'"),
    ("unknown-key-of-a-price", "models:\n  scorer:\n    price:\n      in: 1\n      output: 2\n", 7, "unknown key 'in'"),
    ("extra-that-is-ours", "models:\n  scorer:\n    extra: {top_k: 5, stream: true}\n", 6,
     "promptci sets 'stream' itself for every call"),
    ("extra-of-another-role", "models:\n  judge:\n    model: j\n    extra:\n      n: 2\n", 7,
     "promptci sets 'n' itself for every call"),
    ("key-named-as-a-type", "str: 1\n", 4, "unknown key 'str'"),
    ("duplicate-key", "budget: {max_calls: 1}\nbudget: {max_usd: 1}\n", 5, "duplicate key 'budget' (first on line 4)"),
    ("duplicate-key-of-a-prompt", "    file: b.md\n", 4, "duplicate key 'file' (first on line 2)"),
    ("not-yaml", "budget: [1\n", 4, "not valid YAML"),
    ("anchor", "budget: &b {}\n", 4, "anchors and aliases are not allowed"),
    ("text-for-a-number", "    gate: {max_drop: low}\n", 4, "'prompts.gate.max_drop' must be a number"),
    ("number-for-a-text", "    id: 5\n", 4, "'prompts.id' must be a text"),
    ("bool-for-a-number", "budget: {max_calls: true}\n", 4, "'budget.max_calls' must be a whole number"),
    ("half-a-call", "budget: {max_calls: 1.5}\n", 4, "'budget.max_calls' must be a whole number"),
    ("text-for-a-list", "    gate: {must_pass: smoke}\n", 4, "'prompts.gate.must_pass' must be a list"),
    ("number-in-a-list", "    gate:\n      must_pass:\n      - a\n      - 1\n", 7,
     "entry 2 of 'prompts.gate.must_pass' must be a text"),
    ("list-for-a-section", "budget: [1]\n", 4, "'budget' must be a mapping"),
    ("empty-section", "budget:\n", 4, "'budget' must be a mapping"),
    ("text-for-a-section-that-may-be-missing", "models:\n  judge: gpt\n", 5, "'models.judge' must be a mapping"),
    ("drop-of-one", "    gate: {max_drop: 1}\n", 4, "'prompts.gate.max_drop' must be below 1"),
    ("negative-drop", "    gate: {max_drop: -0.1}\n", 4, "'prompts.gate.max_drop' must be at least 0"),
    ("detect-nothing", "    gate: {detect: 0}\n", 4, "'prompts.gate.detect' must be above 0"),
    ("drops-of-one", "    gate:\n      max_drop: 0.5\n      detect: 0.5\n", 6, "'max_drop' and 'detect' are 1 or more"),
    ("id-of-a-pattern", "  - file: a/*.md\n    cases: e\n    id: b\n", 6, "one 'id' for a pattern of files"),
    ("braces-in-cases", "  - file: a.md\n    cases: e/{nam}.jsonl\n", 5, "'cases' has braces that are no {name}"),
    ("no-such-style", "    template: mustache\n", 4, "'prompts.template' must be 'jinja', 'fstring', 'handlebars'"),
    ("part-zero", "    rewrite: 0\n", 4, "'prompts.rewrite"),
    ("a-server-of-one-prompt", "    model: {base_url: 'http://h'}\n", 4, "unknown key 'base_url'"),
    ("score-in-percent", "    gate: {min_score: 80}\n", 4, "'prompts.gate.min_score' must be at most 1"),
    ("negative-calls", "budget:\n  max_calls: -1\n", 5, "'budget.max_calls' must be at least 0"),
    ("hot", "models: {optimizer: {temperature: 3}}\n", 4, "'models.optimizer.temperature' must be at most 2"),
    ("half-a-price", "models:\n  scorer:\n    price: {input: 1}\n", 6, "'models.scorer.price.output' is missing"),
    ("no-such-choice", "pull_request:\n  when: never\n", 5, "'pull_request.when' must be 'confirmed' or 'promising'"),
    ("unknown-metric", "    metric: contians\n", 4, "unknown metric 'contians'"),
    ("unknown-metric-with-options", "    metric:\n      name: contians\n", 5, "unknown metric 'contians'"),
    ("metric-without-a-name", "    metric: {ignore_case: true}\n", 4, "'metric' must be a name, or a mapping"),
    ("metric-named-by-a-list", "    metric: {name: [exact]}\n", 4, "'metric' must be a name, or a mapping"),
    ("metric-number", "    metric: 5\n", 4, "'metric' must be a name, or a mapping"),
    ("unknown-option-of-a-metric", "    metric:\n      name: exact\n      ignore_caps: true\n", 6,
     "unknown option 'ignore_caps' of metric 'exact'"),
    ("wrong-option-of-a-metric", "    metric:\n      name: exact\n      ignore_case: 1\n", 6,
     "option 'ignore_case' of metric 'exact' must be true or false"),
    ("unknown-strategy", "search:\n  strategy: orpo\n", 5, "unknown strategy 'orpo'"),
    ("unknown-option-of-a-strategy", "search:\n  options:\n    exemplar: 3\n", 6,
     "unknown option 'exemplar' of strategy 'edits'"),
    ("wrong-option-of-a-strategy", "search:\n  strategy: mix\n  options:\n    history: 20\n    exemplars: few\n", 8,
     "option 'exemplars' of strategy 'mix'"),
    ("negative-demonstrations", "search:\n  options:\n    demos: -1\n", 6, "option 'demos' must be a whole number"),
    ("a-key-in-place-of-its-name", "models: {scorer: {api_key_env: sk-abc}}\n", 4,
     "'models.scorer.api_key_env' must be the name of the environment variable"),
    ("a-key-in-the-address", "models: {scorer: {base_url: 'https://u:p@h/v1'}}\n", 4,
     "'models.scorer.base_url' must be an address that begins with http:// or https:// and holds no user or key"),
    ("a-file-as-address", "models: {scorer: {base_url: 'file:///etc/passwd'}}\n", 4,
     "'models.scorer.base_url' must be an address"),
    ("equal-ids", "  - file: old/Triage.txt\n    cases: e\n", 4, "two prompts are called 'Triage' (line 2)"),
    ("id-with-a-slash", "    id: a/b\n", 4, "'prompts.id' must be letters, digits"),
    ("id-with-two-dots", "    id: a..b\n", 4, "'prompts.id' must be letters, digits"),
    ("id-like-an-option", "    id: --help\n", 4, "'prompts.id' must be letters, digits"),
    ("id-ending-in-a-dot", "    id: a.\n", 4, "'prompts.id' must be letters, digits"),
    ("id-ending-in-lock", "    id: a.lock\n", 4, "the id 'a.lock' ends in '.lock'"),
    ("id-with-a-newline", '    id: "a\\n"\n', 4, "'prompts.id' must be letters, digits"),
    ("id-too-long", f"    id: {'i' * 101}\n", 4, "'prompts.id' must be at most 100 characters long"),
    ("no-id-from-the-name", "  - file: my prompt.md\n    cases: e\n", 4,
     "no id can be made of the file name 'my prompt.md'"),
    ("no-file", "  - cases: e\n", 4, "'prompts.file' is missing"),
    ("no-cases", "  - id: b\n    file: b.md\n", 4, "'prompts.cases' is missing"),
    ("a-text-among-the-prompts", "  - b.md\n", 4, "entry 2 of 'prompts' must be a mapping"),
    ("empty-file-name", "  - id: b\n    file: ''\n    cases: e\n", 5,
     "'prompts.file' must be a text that is not empty"),
    ("first-mistake-first", "budget: {max_calls: x}\nsearch: {stepz: 1}\n", 4, "'budget.max_calls'"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "line", "said"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_has_its_line(more: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(ONE + more)
    assert caught.value.place == f"promptci.yaml:{line}"
    assert said in caught.value.problem


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../x.md", "a/../../x.md", "a/..", "..", ".", "C:/x.md", "C:x.md", "a\\b.md", "//host/x.md",
        ".git/config", "a/.GIT/x.md", "a/.git./x.md", "a\nb.md", "a\x1b.md", "a\u202e.md",
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("key", ["file", "cases", "metric"])
def test_a_path_leads_into_the_repository(key: str, path: str) -> None:
    quoted = (
        '"' + path.replace("\\", "\\\\").replace("\n", "\\n").replace("\x1b", "\\e").replace("\u202e", "\\u202e") + '"'
    )
    given = {"file": "a.md", "cases": "e.jsonl", "metric": "exact", "id": "a"}
    given[key] = f"{{name: judge, prompt: {quoted}}}" if key == "metric" else quoted
    with pytest.raises(ConfigError, match="is not a path inside the repository") as caught:
        parse("prompts:\n- " + "\n  ".join(f"{k}: {v}" for k, v in given.items()))
    assert caught.value.place == f"promptci.yaml:{2 + list(given).index(key)}"
    assert caught.value.problem.isprintable()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("    metric: contians\n", "did you mean 'contains'? known: ", id="metric"),
        pytest.param("    gate: {max_dorp: 1}\n", "did you mean 'max_drop'? known: detect, max_drop", id="key"),
        pytest.param("search: {strategy: orpo}\n", "did you mean 'opro'? known: ape", id="strategy"),
        pytest.param("xyz: 1\n", "known: budget, ", id="far-from-all"),
        pytest.param("  - file: b/triage.md\n    cases: e\n", "give one of them another 'id'", id="equal-ids"),
    ],
)
def test_a_mistake_has_its_mend(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(ONE + text)
    assert str(caught.value.hint).startswith(hint)
    assert f"\n  hint: {hint}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("", 1, "must be a mapping with 'prompts'", id="empty"),
        pytest.param("- a\n", 1, "must be a mapping with 'prompts'", id="list"),
        pytest.param("version: 1\n", 1, "'prompts' is missing", id="no-prompts"),
        pytest.param("version: 1\nprompts: []\n", 2, "'prompts' must be a list with at least one entry", id="none"),
        pytest.param("version: 1\nprompts: {a: 1}\n", 2, "'prompts' must be a list", id="prompts-mapping"),
        pytest.param(f"\n\nversion: 2\n{ONE}", 3, "'version' must be 1", id="newer"),
        pytest.param(f"version: true\n{ONE}", 1, "'version' must be 1", id="version-true"),
        pytest.param(f"version: 1.0\n{ONE}", 1, "'version' must be 1", id="version-float"),
        pytest.param(f"version: '1'\n{ONE}", 1, "'version' must be 1", id="version-text"),
    ],
)
def test_a_file_that_is_no_configuration(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.place == f"promptci.yaml:{line}"
    assert said in caught.value.problem


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file") as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.place == str(tmp_path / "promptci.yaml")
    assert "promptci init" in str(caught.value.hint)


def test_a_directory_or_other_bytes_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a regular file"):
        load(tmp_path)
    (tmp_path / "promptci.yaml").write_bytes(b"version: 1\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        load(tmp_path / "promptci.yaml")
    assert caught.value.place == "promptci.yaml:2"


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "promptci.yaml").write_bytes(("\ufeff" + CONTRACT.replace("\n", "\r\n")).encode())
    assert load(tmp_path / "promptci.yaml") == parse(CONTRACT)


def test_keys_never_stand_in_a_message() -> None:
    for more in ("models: {scorer: {api_key_env: sk-secret}}", "models: {scorer: {base_url: 'http://sk-secret@h'}}"):
        with pytest.raises(ConfigError) as caught:
            parse(ONE + more)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


SCHEMA = json_schema()


def test_the_schema_is_one_and_takes_what_the_reader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for text in (ONE, CONTRACT, ONE + "    metric: {name: contains, ignore_case: false}\n"):
        jsonschema.validate(yamlfile.read(text, "x", error=ConfigError).value, SCHEMA)


@pytest.mark.parametrize(
    "more",
    [
        "xyz: 1\n",
        "    gate: {max_dorp: 1}\n",
        "budget: {max_calls: -1}\n",
        "    id: a..b\n",
        "pull_request: {when: never}\n",
    ],
    ids=["key", "inner-key", "range", "pattern", "choice"],
)
def test_the_schema_refuses_in_an_editor_what_the_reader_refuses(more: str) -> None:
    value = yamlfile.read(ONE + more, "x", error=ConfigError).value
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_are_right(path: Path) -> None:
    config = load(path)
    jsonschema.validate(yamlfile.read(path.read_text("utf-8"), "x", error=ConfigError).value, SCHEMA)
    for prompt in config.prompts:
        assert list(path.parent.glob(prompt.file))
        assert list(path.parent.glob(prompt.cases))


WORDS = st.sampled_from([
    "version", "prompts", "file", "cases", "id", "metric", "name", "gate", "models", "scorer", "price", "budget",
    "search", "options", "str", "float", "a.md", "exact", "1", "0.5", "true", "null", "-", "[]", "{}",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=15,
)


@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_settings_are_taken_or_refused_with_a_line(value: dict[str, object]) -> None:
    place = "promptci.yaml:"
    try:
        assert isinstance(parse(json.dumps(value, indent=1)), Config)  # JSON is YAML
    except ConfigError as problem:
        place = str(problem.place)
    assert place.startswith("promptci.yaml:")


def test_reading_settings_imports_nothing_heavy() -> None:
    code = "import sys, promptci.config as c; c.parse(sys.argv[1]); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code, CONTRACT], capture_output=True, text=True, check=True)
    assert not {"openai", "git", "jinja2", "rich", "aiohttp", "sqlite3"} & set(run.stdout.split())


def test_a_long_file_is_checked_once_and_an_edited_one_anew() -> None:
    rows = "".join(f"  - {{file: prompts/p{n}.md, cases: evals/p{n}.jsonl}}\n" for n in range(1200))
    text = f"version: 1\nprompts:\n{rows}"
    first = parse(text, "promptci.yaml")
    assert parse(text, "abc:promptci.yaml") is first
    with pytest.raises(ConfigError, match="abc:1203"):
        parse(text + "  - {file: prompts/p0.md, cases: evals/p0.jsonl}\n", "abc")
    for n in range(5):
        assert parse(text + f"# {n}\n", "promptci.yaml") == first

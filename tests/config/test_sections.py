"""Every section refuses what would have no effect, in words about the file; names that users give are theirs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.config import parse
from promptci.config.models import PriceSettings
from promptci.config.pin import pinned
from promptci.errors import ConfigError

ONE = "prompts:\n  - file: prompts/triage.md\n    cases: evals/triage.jsonl\n"  # lines 1 to 3
PROGRAM = "prompts:\n  - cases: evals/triage.jsonl\n"  # lines 1 and 2
OLD = "models: {scorer: {model: old, price: {input: 1, output: 2}}}\n"


def refused(text: str) -> tuple[int, str, str]:
    """The line of a mistake, what is said and its mend."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return int(str(caught.value.place).rpartition(":")[2]), caught.value.problem, caught.value.hint or ""


@pytest.mark.parametrize("name", ["second", "model", "price", "scorer", "0"])
@pytest.mark.parametrize(
    ("more", "said", "mend"),
    [
        ("modle: x", "unknown key 'modle'", "did you mean 'model'?"),
        ("price: {inputs: 1, output: 2}", "unknown key 'inputs'", "did you mean 'input'?"),
        ("price: {input: 1}", ".price.output' is missing", ""),
        ("rpm: 0", ".rpm' must be above 0", ""),
    ],
    ids=["key", "inner-key", "missing", "range"],
)
def test_a_judge_may_be_called_like_a_key_and_its_mistakes_have_a_line(
    name: str, more: str, said: str, mend: str
) -> None:
    line, problem, hint = refused(f"{ONE}models:\n  judges:\n    '{name}': {{{more}}}\n")
    assert (line, said in problem) == (6, True)
    assert hint.startswith(mend)


@pytest.mark.parametrize(
    ("more", "line", "said", "mend"),
    [
        ("    metrics: []\n", 4, "'metrics' must be a list with at least one metric", ""),
        ("    metrics: exact\n", 4, "'metrics' must be a list with at least one metric", ""),
        ("    metrics:\n    - exact\n    - contians\n", 6, "unknown metric 'contians'", "did you mean 'contains'?"),
        ("    metrics:\n    - exact\n    - name: contains\n      ignore_case: 3\n", 7, "not 3", "docs/"),
        ("    combine: mean\n", 4, "'combine' has no effect on one metric", "list several"),
        ("    metrics: [exact]\n    combine: all\n", 5, "'combine' has no effect on one metric", "list several"),
        ("    answer: {pattern: ''}\n", 4, "'prompts.answer.pattern' must be a text that is not empty", "for example"),
        ("    answer:\n      pattern: '('\n", 5, "'pattern' is no regular expression", ""),
        ("    answer: {pattern: 'a{99999999999999999999}'}\n", 4, "'pattern' is no regular expression", ""),
        ("    answer: {pattern: '[[:alpha:]'}\n", 4, "'pattern' is no regular expression", ""),
        (f"    answer: {{pattern: '{'(' * 5000}{')' * 5000}'}}\n", 4, "'pattern' is no regular expression", ""),
        ("    answer: {after: ''}\n", 4, "'prompts.answer.after' must be a text that is not empty", "for example"),
        ("    judge: {floor: 0}\n", 4, "'prompts.judge.floor' must be above 0", "for example floor: 0.8"),
        ("    gate:\n      must_pass: [a, '']\n", 5, "entry 2 of 'prompts.gate.must_pass' must be a text", ""),
        ("    gate: {max_length: 0}\n", 4, "'prompts.gate.max_length' must be above 0", "for example"),
        ("    gate: {max_cost_usd: 1}\n", 4, "'prompts.gate.max_cost_usd' is not there yet", "use `metrics`"),
        ("    gate: {max_latency_s: 1}\n", 4, "'prompts.gate.max_latency_s' is not there yet", "use `metrics`"),
        ("    rewrite: true\n", 4, "'prompts.rewrite' must be a text", "for example rewrite: system"),
        ("    rewrite: [system]\n", 4, "'prompts.rewrite' must be a text", "for example rewrite: system"),
        ("    target: 90\n", 4, "'prompts.target' must be at most 1", "for example target: 0.9"),
        ("    files: [a.md]\n", 4, "'files' needs 'run'", "one prompt has a 'file'"),
        ("    run: [a]\n    files: [a.md]\n", 2, "'file' and 'run' are both given", "write it under 'files'"),
        ("judge: {floor: 0.8}\n", 4, "'judge' is not there", "it belongs to a prompt"),
        ("search: {goal: cost, strategy: opro}\n", 4, "cannot search for cost", "take `strategy: edits`"),
        ("search: {race: pared}\n", 4, "unknown race 'pared'", "did you mean 'paired'?"),
        ("search: {strategy: opro, style: plain}\n", 4, "strategy 'opro' has no style", "leave it out"),
        ("search:\n  keep:\n  - ''\n", 6, "entry 1 of 'search.keep' must be a text that is not empty", ""),
        ("search:\n  forbid: [kindly, '']\n", 5, "entry 2 of 'search.forbid' must be a text", "for example"),
        ("search: {per_step: 65}\n", 4, "'search.per_step' must be at most 64", "for example per_step: 8"),
        ("search:\n  options:\n    demos: true\n", 6, "option 'demos' must be a whole number", ""),
        ("execution: {executor: slurm}\n", 4, "'execution.executor' must be 'local', 'ray' or 'batch'", ""),
        ("execution: {batch_price: 0}\n", 4, "'execution.batch_price' must be above 0", "for example"),
        ("report: {answers: long}\n", 4, "'report.answers' must be", "for example answers: "),
        ("pull_request: {labels: ['']}\n", 4, "entry 1 of 'pull_request.labels' must be a text", "for example"),
        ("pull_request: {reviewers: kim}\n", 4, "'pull_request.reviewers' must be a list", "for example"),
        ("budget: {max_usd: .nan}\n", 4, "'budget.max_usd' must be a number", "for example max_usd: 2.5"),
        ("budget: {max_minutes: .inf}\n", 4, "'budget.max_minutes' must be a number", "for example"),
        ("models: {scorer: {model: YOUR-MODEL}}\n", 4, "'YOUR-MODEL' is a placeholder", "name the model"),
        ("models: {scorer: {model: ''}}\n", 4, "'models.scorer.model' must be a text that is not empty", "for example"),
    ],
)  # fmt: skip
def test_what_would_have_no_effect_is_refused_with_its_line(more: str, line: int, said: str, mend: str) -> None:
    where, problem, hint = refused(ONE + more)
    assert (where, said in problem) == (line, True), problem
    assert hint.startswith(mend)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    run: [a]\n", "'run' needs 'files'"),
        ("    run: []\n    files: [a.md]\n", "'prompts.run' must be a list with at least one entry"),
        ("    run: [a]\n    files: []\n", "'prompts.files' must be a list with at least one entry"),
        ("    run: [a]\n    files: a.md\n", "'prompts.files' must be a list"),
        ("    run: [a]\n    files: [3]\n", "entry 1 of 'prompts.files' must be a text"),
        ("    run: [a]\n    files: [a.md, ../b.md]\n", "'../b.md' is not a path inside the repository"),
        ("    run: [a]\n    files: ['p/*.md']\n", "a pattern among a program's files: 'p/*.md'"),
        ("    run: [a]\n    files: [a.md, 'p/a?.md']\n", "a pattern among a program's files: 'p/a?.md'"),
        ("    run: [a]\n    files: [a.md]\n    rewrite: system\n", "'rewrite' of a program names no"),
        ("    run: [a]\n    files: [a.md]\n    template: jinja\n", "'template' has no effect on a program"),
    ],
)  # fmt: skip
def test_a_program_is_a_command_and_files(more: str, said: str) -> None:
    line, problem, _ = refused(PROGRAM + more)
    assert said in problem
    assert line in (2, 3, 4, 5)


def test_a_program_goes_by_its_first_file() -> None:
    (prompt,) = parse(f"{PROGRAM}    run: [python, a.py]\n    files: [p/agent.md, ./p//b.md]\n").prompts
    assert (prompt.id, prompt.file, prompt.run, prompt.files) == (
        "agent", "p/agent.md", ("python", "a.py"), ("p/agent.md", "p/b.md"),
    )  # fmt: skip


@pytest.mark.parametrize("file", ["prompts/.md", ".prompt.yml", "app.toml::prompts."])
def test_a_file_without_a_name_needs_an_id(file: str) -> None:
    text = f"prompts:\n- file: '{file}'\n  cases: e.jsonl\n"
    _, problem, hint = refused(text)
    assert problem == f"no id can be made of the file name '{file.rpartition('/')[2]}'"
    assert hint.startswith("add an 'id'")
    assert parse(f"{text}  id: mine\n").prompts[0].id == "mine"


def test_a_prompt_file_of_github_models_may_bring_its_cases() -> None:
    prompts = parse("prompts: [{file: a.prompt.yml}, {file: b.prompt.yaml, cases: 'e/{name}.csv'}]").prompts
    assert [(p.id, p.cases) for p in prompts] == [("a", "a.prompt.yml"), ("b", "e/b.csv")]


def test_further_judges_and_an_embedder_are_as_they_are_written() -> None:
    models = parse(
        f"{ONE}models: {{judges: {{second: {{model: m2, temperature: 0.3}}}}, embedder: {{model: e}}}}"
    ).models
    second, embedder = models.judges_spec("second"), models.embedder_spec()
    assert (second.model, second.temperature, second.max_tokens) == ("m2", 0.3, 512)
    assert embedder is not None
    assert embedder.model == "e"
    assert parse(ONE).models.embedder_spec() is None
    with pytest.raises(KeyError):
        models.judges_spec("third")


@pytest.mark.parametrize(
    ("given", "written"),
    [(0.4, "0.4"), (3.0, "3"), (100.0, "100"), (0.00001, "1e-05"), (1234567.89, "1234567.89"), (0.0, "0")],
)  # fmt: skip
def test_a_price_is_pinned_to_its_last_digit(given: float, written: str) -> None:
    text = pinned(OLD + ONE, "new", PriceSettings(input=given, output=1))
    assert text == f"models: {{scorer: {{model: new, price: {{input: {written}, output: 1}}}}}}\n{ONE}"


@settings(max_examples=40)
@given(st.floats(0, 1e6))
def test_any_price_is_read_back(price: float) -> None:
    told = PriceSettings(input=price, output=2)
    assert parse(pinned(OLD + ONE, "new", told)).models.scorer.price == told


@pytest.mark.parametrize("told", [None, PriceSettings(input=1, output=2)], ids=["none told", "told"])
@pytest.mark.parametrize("null", ["null", "~"])
def test_a_price_of_null_is_none(null: str, told: PriceSettings | None) -> None:
    text = f"models: {{scorer: {{model: old, price: {null}}}}}\n{ONE}"
    assert pinned(text, "new", told) == text.replace("old", "new")

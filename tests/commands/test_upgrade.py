"""Prompts on another model: harmless ones left alone, worse ones rewritten, one change for all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from promptci.commands.check import check
from promptci.commands.upgrade import Mode, upgrade
from promptci.config.models import PriceSettings
from promptci.errors import ConfigError, MeasureError, UsageError
from promptci.models.base import Failure, Reply, Request
from promptci.report.base import PromptReport, Report
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import CONFIG, START, Repo, ScriptedModel, cases, reasons_of

PRICED = CONFIG.replace("scripted,", "scripted, price: {input: 1, output: 1},")
Score = Callable[[str, int], str]


@dataclass
class Models(ScriptedModel):
    """Several models behind one client, each with its own answers; one without is not known to the server."""

    by_model: Mapping[str, Score] = field(default_factory=dict)

    async def send(self, request: Request) -> Reply:
        if request.role == "scorer":
            if request.spec.model not in self.by_model:
                self.asked.append(request)
                return Reply(failure=Failure("bad_request", "no such model"), attempts=1)
            self.score = self.by_model[request.spec.model]
        return await super().send(request)

    def connect(self, spec: object) -> Models:
        return self


def right(share: float) -> Score:
    return grading("no such words", 0, share)


def moving(repo: Repo, **answers: Score) -> Models:
    repo.model = Models(by_model={"scripted": right(0.9), **answers}, propose=proposing(BETTER))
    return repo.model


def kinds(prompt: PromptReport) -> set[str]:
    return {r.kind for r in prompt.reasons}


def only(report: Report) -> PromptReport:
    (prompt,) = report.prompts
    return prompt


def test_a_model_that_answers_alike_is_the_same_and_is_pinned(repo: Repo) -> None:
    moving(repo, new=right(0.9))
    before = (repo.path / "promptci.yaml").read_text()
    report = upgrade(repo.options(run="one"), to=["new"], mode="write")
    assert (report.verdict, "upgrade_same" in kinds(only(report))) == ("pass", True)
    assert (repo.path / "promptci.yaml").read_text() == before.replace("scripted", "new")
    assert repo.git("status", "--short").split() == ["M", "promptci.yaml"]


def test_both_models_answer_afresh_and_in_turn(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("Say", "Tell") + "\n")
    model = moving(repo, new=right(0.9))
    check(repo.options(), base="HEAD")
    stored = len(model.asked)
    upgrade(repo.options(run="one"), to=["new"])
    asked = [r.spec.model for r in model.asked[stored:] if r.role == "scorer"]
    # One question more of each finds out whether it is there, where the comparison does not come to that case.
    assert asked.count("new") > 0
    assert abs(asked.count("scripted") - asked.count("new")) <= 1
    assert "new" in asked[:40]


def test_a_better_model_is_called_better(repo: Repo) -> None:
    moving(repo, scripted=right(0.5), new=right(0.95))
    assert "upgrade_better" in kinds(only(upgrade(repo.options(run="one"), to=["new"])))


def test_a_worse_prompt_is_rewritten_and_one_pull_request_carries_all(repo: Repo) -> None:
    moving(repo, new=grading("with care", 0.9, 0.5))
    repo.write("promptci.yaml", CONFIG + "pull_request: {labels: [models]}\n")
    repo.commit("Want a label", push=True)
    check(repo.options(), accept=True)
    repo.commit("Accept a baseline", push=True)
    report = upgrade(repo.options(run="one"), to=["new"], mode="pr")
    prompt = only(report)
    assert prompt.search is not None
    assert (prompt.search.outcome, prompt.verdict) == ("improved", "pass"), reasons_of(prompt)
    (said,) = [str(r) for r in prompt.reasons if r.kind == "upgrade_rewritten"]
    assert re.search(r"than before the upgrade: \d+\.\d % before, \d+\.\d % now, on [\d,]+ cases\.$", said)
    changed = repo.remote("diff", "--name-only", "main", "promptci/main/_upgrade").split()
    expected = [".promptci/baselines/say.json", ".promptci/ledger/say.jsonl", "promptci.yaml", "prompts/say.md"]
    assert changed == expected
    assert repo.remote("show", "promptci/main/_upgrade:prompts/say.md") == BETTER + "\n"
    (pull,) = (repo.path.parent / "origin.pulls").glob("*.md")
    assert "from scripted to new" in pull.read_text()
    assert repo.git("status", "--short") == ""


def test_where_nothing_better_is_found_the_model_stays(repo: Repo) -> None:
    moving(repo, new=right(0.5))
    report = upgrade(repo.options(run="one"), to=["new"], mode="write")
    assert report.verdict == "fail"
    assert {"upgrade_worse", "upgrade_lost"} <= kinds(only(report))
    assert "scripted" in (repo.path / "promptci.yaml").read_text()


def test_a_model_that_is_gone_is_stood_in_for_by_its_baseline(repo: Repo) -> None:
    moving(repo)
    check(repo.options(run="accept"), accept=True)
    repo.commit("Accept a baseline", push=True)
    model = moving(repo, new=right(0.3))
    del model.by_model["scripted"]  # type: ignore[attr-defined]  # it is a dict
    prompt = only(upgrade(repo.options(run="one"), to=["new"]))
    assert {"upgrade_worse", "stand_in"} <= kinds(prompt)
    assert sum(r.spec.model == "scripted" for r in model.asked) == 1
    model = moving(repo, new=right(0.9))
    del model.by_model["scripted"]  # type: ignore[attr-defined]  # the same
    assert "upgrade_same" in kinds(only(upgrade(repo.options(run="two"), to=["new"])))


def test_a_model_that_is_gone_without_a_baseline_cannot_be_told(repo: Repo) -> None:
    model = moving(repo, new=right(0.9))
    del model.by_model["scripted"]  # type: ignore[attr-defined]  # a dict here
    assert "upgrade_cannot_tell" in kinds(only(upgrade(repo.options(run="one"), to=["new"])))


@pytest.mark.parametrize("to", [["wrnog"], ["new", "wrnog"], ["wrnog", "new"]], ids=["alone", "last", "first"])
def test_a_model_that_its_server_does_not_know_is_told_before_anything_is_compared(repo: Repo, to: list[str]) -> None:
    model = moving(repo, new=right(0.9))
    with pytest.raises(MeasureError, match="no such model") as caught:
        upgrade(repo.options(run="one"), to=to)
    assert caught.value.place == "wrnog"
    assert len([r for r in model.asked if r.role == "scorer"]) <= 7


def test_a_case_that_the_new_model_refuses_says_nothing_of_its_name(repo: Repo) -> None:

    class Refusing(Models):
        async def send(self, request: Request) -> Reply:
            asked = " ".join(m.content for m in request.messages)
            if request.spec.model == "new" and asked.endswith("number 0"):
                return Reply(failure=Failure("bad_request", "too long"), attempts=1)
            return await super().send(request)

    repo.model = Refusing(by_model={"scripted": right(0.9), "new": right(0.9)}, propose=proposing(BETTER))
    assert "upgrade_same" in kinds(only(upgrade(repo.options(run="one"), to=["new"])))


def test_of_several_models_the_cheapest_that_is_worse_nowhere_is_taken(repo: Repo) -> None:
    moving(repo, dear=right(0.9), cheap=right(0.9), bad=right(0.4))
    prices = {name: PriceSettings(input=p, output=p) for name, p in (("dear", 9), ("cheap", 2), ("bad", 1))}
    report = upgrade(repo.options(run="one"), to=["dear", "cheap", "bad"], prices=prices, mode="write")
    assert [p.id for p in report.prompts] == ["say", "say on dear", "say on bad"]
    assert "model: cheap" in (repo.path / "promptci.yaml").read_text()
    told = [(c.model, c.standing, c.taken) for c in report.choices]
    assert told == [
        ("scripted", "now", False),
        ("dear", "same", False),
        ("cheap", "same", True),
        ("bad", "worse", False),
    ]
    costs = {c.model: c.usd for c in report.choices}
    assert costs["dear"] == pytest.approx(4.5 * (costs["cheap"] or 0))
    assert costs["scripted"] is None  # nobody said what it costs


@pytest.mark.parametrize(
    ("config", "to", "error"),
    [
        (CONFIG, "scripted", UsageError),
        (PRICED, "new", ConfigError),
        (CONFIG.replace("say.jsonl}", "say.jsonl, model: {model: own}}"), "new", UsageError),
        (PRICED.replace("max_calls: 20000", "max_usd: 5"), "new", ConfigError),
    ],
    ids=["the same", "an old price", "a model of its own", "a cap without a price"],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_before_a_call(config: str, to: str, error: type, repo: Repo) -> None:
    model = moving(repo, new=right(0.9))
    repo.write("promptci.yaml", config)
    with pytest.raises(error):
        upgrade(repo.options(run="one"), to=[to])
    assert model.asked == []


TWO = CONFIG.replace(
    "evals/say.jsonl}", "evals/say.jsonl}\n  - {id: ask, file: prompts/ask.md, cases: evals/say.jsonl}"
)


@pytest.mark.parametrize("mode", ["write", "pr"])
def test_a_change_of_the_model_that_all_prompts_ask_is_not_made_for_one_that_was_named(repo: Repo, mode: Mode) -> None:
    model = moving(repo, new=right(0.9))
    repo.write("prompts/ask.md", START + "\n")
    repo.write("promptci.yaml", TWO)
    repo.commit("Have two prompts", push=True)
    with pytest.raises(UsageError, match="would also move ask, unmeasured"):
        upgrade(repo.options(run="one"), to=["new"], ids=["say"], mode=mode)
    assert model.asked == []
    assert upgrade(repo.options(run="two"), to=["new"], ids=["say"]).verdict == "pass"  # nothing is moved
    repo.write("promptci.yaml", TWO.replace("prompts/ask.md,", "prompts/ask.md, model: {model: scripted-2},"))
    repo.commit("Let one stay", push=True)
    assert upgrade(repo.options(run="three"), to=["new"], ids=["say"], mode=mode).verdict == "pass"


def test_a_change_that_waits_already_is_called_so(repo: Repo) -> None:
    moving(repo, new=right(0.9))
    first, again = (upgrade(repo.options(run=run), to=["new"], mode="pr") for run in ("one", "two"))
    assert [note.partition(": ")[0] for r in (first, again) for note in r.notes if note.startswith("Pull")] == [
        "Pull request created",
        "Pull request says so already",
    ]


@pytest.mark.fault
def test_harmless_moves_are_called_worse_within_the_stated_rate(repo: Repo) -> None:
    repo.write("evals/say.jsonl", cases(80))
    repo.commit("Use fewer cases", push=True)
    worse = 0
    for seed in range(100):
        moving(repo, new=lambda text, sample, s=seed: right(0.85)(text.replace("number ", f"number {s}"), sample))  # type: ignore[misc]  # bound now
        found = only(upgrade(repo.options(seed=seed, no_cache=True), to=["new"]))
        worse += "upgrade_worse" in kinds(found)
    assert worse <= 11  # 5 in 100 are stated; 12 or more of 100 would come up once in 230 times


def unanswered(count: int) -> str:
    return "".join(json.dumps({"id": f"c{n:04}", "input": f"number {n}"}) + "\n" for n in range(count))


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        pytest.param("a rude word", "upgrade_worse", id="worse"),
        pytest.param("a kinder word", "upgrade_better", id="better"),
    ],
)
def test_where_no_case_expects_an_answer_the_old_model_s_are_the_reference(new: str, kind: str, repo: Repo) -> None:
    repo.write("evals/say.jsonl", unanswered(150))
    repo.commit("Expect nothing", push=True)
    moving(repo, scripted=lambda text, sample: "a kind word", new=lambda text, sample: new)
    repo.model.judge = lambda text: preferred(text, ["rude", "kind ", "kinder"])
    prompt = only(upgrade(repo.options(run="one"), to=["new"]))
    assert {kind, "upgrade_reference"} <= kinds(prompt)
    assert repo.model.calls("judge") > 0


def preferred(text: str, words: list[str]) -> str:
    """A judge that likes the answer with the later of the words better."""
    first, second = (
        max(i for i, word in enumerate(words) if word in f"{part} ") for part in text.split("Answer ")[-2:]
    )
    return "tie" if first == second else "A" if first > second else "B"

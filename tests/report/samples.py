"""Reports as the workflows make them, with every number fixed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from promptci.core import Reason
from promptci.report.base import BaseUsed, CaseDetail, Cause, GateReport, Part, PromptReport, Report, Share
from promptci.report.searched import Edit, Headline, Phase, PullRequest, Refusal, Saving, Search, Step, Tried

COMMIT = "3f2a9c41d07be85613aa0c9f7d54e8b2916c0d3e"
BASE = "b81d5e0c6f3a49728e1d0b57c9a2f4638e7d1c05"

DIFF = """\
--- a/prompts/triage.md
+++ b/prompts/triage.md
@@ -1,6 +1,7 @@
 ---
 model: gpt-4.1-mini
 ---
-Say what this ticket is about.
+Route this support ticket. Answer with exactly one label, in lower case, and
+nothing else: billing, bug, account, or other.
\x20
 {{ ticket }}
"""

HOW = "where this branch left `main`"
USED = BaseUsed(BASE, HOW)
EXPECTED = {"t003": "billing", "t011": "shipping", "t019": "account", "t027": "billing", "t035": "technical"}


def detail(case_id: str, expected: str, old: str, new: str, **more: Any) -> CaseDetail:
    """A case whose answers pass when they are the expected one."""
    values = {f"{side}_value": float(text == expected) for side, text in (("old", old), ("new", new))}
    passes = {f"{side}_passes": text == expected for side, text in (("old", old), ("new", new))}
    asked = f"I wrote to you about {case_id} twice. Nobody answered; where is my money?"
    given: dict[str, Any] = {"input": asked, "digest": f"{len(case_id):064x}", **values, **passes, **more}
    return CaseDetail(case_id, expected=expected, old=old, new=new, **given)


passed = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="pass",
    reasons=(
        Reason("said", "75 of 200 cases run: 2 newly failing, 4 newly passing."),
        Reason("said", "A drop of 5 points or more is ruled out by these cases."),
    ),
    cases=75,
    planned_cases=200,
    score=0.853333,
    baseline_score=0.826667,
    delta=0.026667,
    ci=(-0.044, 0.101),
    newly_failing=("t031", "t142"),
    newly_passing=("t007", "t055", "t090", "t188"),
    why=("prompt text",),
    changed="prompt",
    detectable_drop=0.071,
    values={"t007": 1.0, "t031": 0.0},
    base=USED,
    passed_of=(64, 75),
    baseline_passed_of=(62, 75),
    gates=(GateReport("max_drop", "pass", (Reason("no_drop", "A drop of 5 points or more is ruled out."),)),),
    cases_detail=(
        detail("t007", "billing", "other", "billing", cached=True),
        detail("t031", "account", "account", "technical"),
    ),
)
failed = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="fail",
    reasons=(
        Reason("said", "120 of 200 cases run: 14 newly failing, 3 newly passing, 1 could not be measured."),
        Reason("said", "A harmless change would look this bad less than 5 times in 100, counting all our early looks."),
    ),
    cases=120,
    planned_cases=200,
    unmeasured=1,
    score=0.714286,
    baseline_score=0.806723,
    delta=-0.092437,
    ci=(-0.158, -0.029),
    newly_failing=tuple(f"t{n:03}" for n in range(3, 115, 8)),
    newly_passing=("t012", "t077", "t109"),
    why=("prompt text", "eval set (2 added, 1 edited)"),
    changed="both",
    flaky=("t044",),
    base=USED,
    line=4,
    passed_of=(85, 119),
    baseline_passed_of=(96, 119),
    answers=3,
    gates=(
        GateReport(
            "max_drop",
            "fail",
            (Reason("drop", "A harmless change would look this bad less than 5 times in 100."),),
            {"losses": 14, "wins": 3, "p_value": 0.0064},
        ),
        GateReport("min_score", "pass", (Reason("score_held", "The score is not below 60 %."),), {"score": 0.714286}),
    ),
    metrics=(Share("exact", 119, 0.714286, 0.806723, -0.092437, (-0.158, -0.029)), Share("judge", 119, 0.9, 0.9, 0.0)),
    slices=(Share("smoke", 12, 0.5, 0.75, -0.25, (-0.51, 0.07)),),
    prompt_diff=DIFF,
    cases_detail=(
        *(detail(i, e, e, f"The ticket is about {e}, I think.", tags=("smoke",)) for i, e in EXPECTED.items()),
        detail("t012", "other", "billing", "other", parts=(Part("exact", 0.0, 1.0), Part("judge", 1.0, 1.0))),
        CaseDetail("t044", "Hello?", "0" * 64, "other", "other", None, 1.0, None, True, None, reason="timeout"),
    ),
)
unsure = PromptReport(
    id="summary.short",
    file="prompts/summary.short.txt",
    verdict="inconclusive",
    reasons=(
        Reason("said", "24 of 24 cases run: 3 newly failing, 1 newly passing."),
        Reason("undecided", "Undecided: these cases do not show a drop, and do not rule out one of 5 points."),
        Reason("said", "The smallest drop that 24 cases would show 4 times in 5 is 33.5 points."),
    ),
    cases=24,
    planned_cases=24,
    score=0.666667,
    baseline_score=0.75,
    delta=-0.083333,
    ci=(-0.2713, 0.0987),
    newly_failing=("s1", "s9", "s20"),
    newly_passing=("s4",),
    why=("model parameters",),
    changed="measure",
    detectable_drop=0.335,
)
lost = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="unmeasured",
    reasons=(
        Reason("said", "25 of 200 cases run: 0 newly failing, 0 newly passing, 25 could not be measured."),
        Reason("said", "None of the cases could be measured, so there is no verdict."),
        Reason("said", "connection: http://127.0.0.1:9/v1 refused the connection"),
    ),
    cases=25,
    planned_cases=200,
    unmeasured=25,
    why=("prompt text",),
    changed="prompt",
)
found = Search(
    outcome="improved",
    stop_reason="patience: 4 steps without a better prompt",
    strategy="opro",
    steps=(
        Step(0.62, 0.60, 0.61, 80),
        Step(0.71, 0.68, 0.695, 190),
        Step(0.79, 0.74, 0.765, 305),
        Step(0.79, 0.74, 0.765, 390),
        Step(0.79, 0.74, 0.765, 470),
        Step(0.79, 0.74, 0.765, 548),
        Step(0.79, 0.74, 0.765, 630),
    ),
    candidates=48,
    rejected={"duplicate": 6, "variables": 2},
    p_value=0.000488,
    level=0.025,
    test={"wins": 18, "losses": 3, "cases": 100},
    diff=DIFF,
    goal="a higher score",
    stop_kind="patience",
    headline=Headline("confirmed better", 0.132, (0.049, 0.226), 0.95, conditional=True),
    phases=(Phase("rounds", 548, 600), Phase("finals", 82, 100), Phase("confirmation", 200, 200)),
    refusals=(
        Refusal("duplicate", 6, "the same text as candidate 3f2a9c41d07b", "Say what this ticket is about."),
        Refusal("variables", 2, "the placeholder {{ ticket }} is gone", "Route the ticket to one team."),
    ),
    savings=(Saving("tokens read a call", 212.0, 217.4), Saving("USD for 1,000 calls", 0.0412, 0.0419)),
    edits=(
        Edit(
            "Say what this ticket is about.",
            "Route this support ticket.",
            "sentence 1",
            0.09,
            (0.02, 0.16),
            "opro",
            tokens=-2,
        ),
        Edit("", "Answer with exactly one label.", "sentence 2", 0.06, (-0.01, 0.12), "opro", ("t003", "t011"), 7),
    ),
    tried=(
        Tried(
            "3f2a9c41d07b",
            "Route this support ticket. Answer with exactly one label.",
            "opro",
            3,
            (),
            0.79,
            0.74,
            100,
            "won",
        ),
        Tried(
            "0d1e5c2b7a90",
            "Think hard about the ticket.",
            "opro",
            1,
            ("3f2a9c41d07b",),
            0.41,
            0.40,
            30,
            "dropped by the race after 30 cases",
        ),
    ),
    pull_request=PullRequest("created", 12, "https://github.com/acme/support/pull/12", "promptci/main/triage"),
)
improved = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="pass",
    reasons=(Reason("said", "The winner of the search was asked once on 100 held-out cases, and it is better."),),
    cases=100,
    planned_cases=100,
    score=0.78,
    baseline_score=0.63,
    delta=0.15,
    ci=(0.0615, 0.2391),
    newly_failing=("t010", "t102", "t164"),
    newly_passing=tuple(f"t{n:03}" for n in range(2, 200, 11)),
    why=("named on the command line",),
    base=USED,
    passed_of=(78, 100),
    baseline_passed_of=(63, 100),
    cases_detail=(
        detail("t010", "account", "account", "billing"),
        detail("t002", "billing", "Charges and refunds", "billing"),
        detail("t013", "shipping", "The parcel", "shipping"),
    ),
    search=found,
)
unconfirmed = replace(
    improved,
    verdict="inconclusive",
    reasons=(Reason("said", "The winner gained on the development cases, but 50 held-out cases do not show it."),),
    cases=50,
    planned_cases=50,
    delta=0.06,
    score=0.70,
    baseline_score=0.64,
    ci=(-0.043, 0.167),
    newly_failing=("t010", "t102"),
    newly_passing=("t002", "t013", "t024", "t035", "t046"),
    passed_of=(35, 50),
    baseline_passed_of=(32, 50),
    cases_detail=(),
    search=replace(
        found,
        outcome="inconclusive",
        overfit=True,
        overfit_gap=0.123,
        overfit_se=0.0372,
        headline=None,
        edits=(),
        p_value=0.2266,
        test={"wins": 5, "losses": 2, "cases": 50},
        cases_to_decide=210,
        pull_request=PullRequest("updated", 9, None, "promptci/main/triage"),
    ),
)
nothing_better = PromptReport(
    id="route",
    file="prompts/route.j2",
    verdict="pass",
    reasons=(
        Reason("said", "No candidate was better than the prompt by 1.5 standard errors on 100 development cases."),
    ),
    search=Search("no_change", "budget: 600 of 600 calls used", "opro", found.steps[:2], 14),
)


def report(*prompts: PromptReport, command: str = "check", offline: bool = False) -> Report:
    """A run that found these."""
    model = "offline" if offline else "gpt-4.1-mini-2025-04-14"
    return Report(
        command=command,
        prompts=prompts,
        run="20261120-101500-a1b2c3",
        commit=COMMIT,
        base=BASE,
        base_how=HOW,
        seed=7,
        models=(model,),
        offline=offline,
        calls=240,
        cache_hits=12,
        input_tokens=31_000,
        output_tokens=960,
        cost_usd=0.0 if offline else 0.013936,
        wall_s=3.14159,
    )


REPORTS: dict[str, Report] = {
    "pass": report(passed, offline=True),
    "fail": report(failed),
    "inconclusive": report(unsure),
    "unmeasured": replace(
        report(lost),
        calls=75,
        cache_hits=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=0.0,
        wall_s=95.0,
        unpriced=("llama-3-8b",),
        notes=("the server refused 'temperature'; sent without it from then on",),
    ),
    "improved": report(improved, command="optimize", offline=True),
    "searches": report(unconfirmed, nothing_better, command="optimize"),
    "several": report(failed, unsure, replace(lost, id="lost"), replace(passed, id="fine")),
    "dozen": replace(
        report(
            *(replace(passed, id=f"tone/reply-{n}", newly_failing=(), cases_detail=()) for n in range(6)),
            *(replace(failed, id=f"triage-{n}", cases_detail=()) for n in range(6)),
        ),
        causes=(Cause("prompts/_rules.md", 3, tuple(f"triage-{n}" for n in range(6))),),
        warnings=(Reason("retiring", "The model gpt-4.1-mini retires on 2027-01-14, in 49 days."),),
    ),
    "nothing": replace(report(), models=(), calls=0, cache_hits=0, cost_usd=0.0),
}

"""The text of the pull request that moves prompts to another model."""

from __future__ import annotations

from promptci.report import markdown, wording
from promptci.report.base import Choice, PromptReport, Report, told
from promptci.report.proposal import BODY_LIMIT, TITLE_LIMIT
from promptci.report.quoting import code, cut, fence, plain, prose
from promptci.report.tradeoff import HEAD, choice_row
from promptci.report.worddiff import word_diff

_SHOWN = 100  # prompts in the table


def title(report: Report, old: str, new: str) -> str:
    """Return one line: the models, and how many prompts were rewritten on the way."""
    rewritten = sum(p.search is not None for p in report.prompts)
    more = f", {wording.counted(rewritten, 'prompt')} rewritten" if rewritten else ""
    return plain(f"Move the prompts from {old} to {new}{more}", limit=TITLE_LIMIT)


def body(report: Report, old: str, new: str, *, content: str) -> str:
    """Return the Markdown: a table of all prompts, what is rewritten with its diff, what it cost; at most 60,000."""
    hidden = markdown.marker(schema="promptci.upgrade/1", id=f"{old} to {new}", hash=content)
    table = (
        ["| " + " | ".join(HEAD) + " |", "|---|---|---:|---:|---:|---:|", *map(_choice, report.choices), ""]
        if report.choices
        else []
    )
    lines = [
        f"Every prompt ran on {code(old)} and on {code(new)}, interleaved, on fresh answers of both.",
        "",
        *table,
        "| prompt | verdict | before | after | delta | interval |",
        "|---|---|---|---|---|---|",
        *map(_row, report.prompts[:_SHOWN]),
        "",
        *(line for p in report.prompts for line in _detail(p)),
        f"{prose(wording.effort(report), limit=1000)}",
    ]
    if len(report.prompts) > _SHOWN:
        lines.insert(4 + len(table) + _SHOWN, f"| and {len(report.prompts) - _SHOWN:,} more | | | | | |")
    return f"{cut(chr(10).join(lines), BODY_LIMIT - len(hidden) - 2).rstrip()}\n\n{hidden}\n"


def _choice(choice: Choice) -> str:
    model, *cells = choice_row(choice)
    return f"| {code(model)} | {' | '.join(cells)} |"


def _row(prompt: PromptReport) -> str:
    scores = wording.percent(prompt.baseline_score), wording.percent(prompt.score)
    cells = (*scores, wording.points(prompt.delta), wording.interval(prompt.ci))
    return f"| {code(prompt.id)} | {prompt.verdict} | {' | '.join(cells)} |"


def _detail(prompt: PromptReport) -> list[str]:
    said = [f"- {prose(told(reason), limit=1000)}" for reason in prompt.reasons[:3]]
    diff = prompt.search.diff if prompt.search else ""
    change = [fence(word_diff(diff), "text", limit=8000), "", fence(diff, "diff", limit=8000), ""] if diff else []
    return [f"**{code(prompt.id)}**", "", *said, "", *change]

"""The pages of `promptci view` as HTML without any script; every value is escaped and made visible."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.report import wording
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.cases import rows as texts_of
from promptci.report.charts import KINDS, kind_of
from promptci.report.history import Point
from promptci.report.timeline import LEGEND, timeline
from promptci.view.parts import badge, link, page, table, text


def runs(found: Sequence[tuple[str, Report | None]]) -> str:
    """Return the first page: every run, what all of them spent, and a form that compares two."""
    if not found:
        return page("Runs", "<p>No run yet: <code>promptci check</code> makes one.</p>")
    rows = [row for name, report in found for row in _run_rows(name, report)]
    head = ("run", "command", "prompt", "verdict", "score", "calls", "cost", "commit")
    known = [(name, report) for name, report in found if report is not None]
    spent = sum(report.cost_usd or 0.0 for _, report in known), sum(report.calls for _, report in known)
    told = f"<p>{wording.counted(len(found), 'run')}, {spent[1]:,} calls, {text(wording.money(spent[0]))} in all.</p>"
    return page("Runs", told, table(head, rows, numbers=("score", "calls", "cost")), _choice([n for n, _ in known]))


def _choice(names: Sequence[str]) -> str:
    """Return the form that compares two runs: the newest with the one before it, unless others are chosen."""
    if len(names) < 2:
        return ""
    fields = []
    for label, field, chosen in (("before", "a", names[1]), ("after", "b", names[0])):
        given = "".join(f"<option{' selected' * (n == chosen)}>{text(n)}</option>" for n in names)
        fields.append(f'<label>{label}<select name="{field}">{given}</select></label>')
    return (
        f'<h2>Compare two runs</h2><form class="row" action="/compare">{"".join(fields)}<button>compare</button></form>'
    )


def _run_rows(name: str, report: Report | None) -> list[list[str]]:
    if report is None:
        return [[text(name), "running, or interrupted", *[""] * 6]]
    end = [f"{report.calls:,}", text(wording.money(report.cost_usd)), text((report.commit or "")[:7])]
    whole = [[link(name, "run", name), text(report.command), "", badge(report.verdict), "", *end]]
    told = [
        [link(name, "run", name) if at == 0 else "", text(report.command) if at == 0 else "",
         link(p.id, "prompt", p.id), badge(_word(p)), wording.percent(p.score), *(end if at == 0 else ("", "", ""))]
        for at, p in enumerate(report.prompts)
    ]  # fmt: skip
    return told or whole


def _word(prompt: PromptReport) -> str:
    return prompt.verdict if prompt.search is None else prompt.search.outcome


def prompts(found: Sequence[tuple[str, str, PromptReport | None]]) -> str:
    """Return every prompt of the settings with its file and what the newest run says."""
    rows = [
        [link(name, "prompt", name), text(place), badge(_word(p)) if p else "not run yet",
         wording.percent(p.score) if p else ""]
        for name, place, p in found
    ]  # fmt: skip
    return page("Prompts", table(("prompt", "file", "last run", "score"), rows, numbers=("score",)))


def prompt(
    name: str,
    points: Sequence[Point],
    searches: Sequence[tuple[str, Report, PromptReport]],
    last: tuple[str, PromptReport] | None,
) -> str:
    """Return one prompt's history over commits, its searches, and the cases of its last run."""
    picture = timeline(points)
    drawn = "" if picture is None else f'<figure class="chart-box">{picture}<figcaption>{LEGEND}</figcaption></figure>'
    parts = ["<h2>History</h2>", drawn, _history(points)]
    if searches:
        head = ("run", "outcome", "strategy", "held-out", "calls", "cost", "pull request")
        parts += ["<h2>Searches</h2>", table(head, [_search(*one) for one in searches], numbers=("calls", "cost"))]
    if last is not None:
        run, report = last
        rows = [
            [link(d.id, "case", run, name, d.id), _kind(d), text(d.input[:160]), text(" ".join(d.tags))]
            for d in report.cases_detail
        ]
        grading = f"<p>From {link(run, 'run', run)}; {link('grade answers for judges', 'label', run, name)}.</p>"
        parts += ["<h2>Cases</h2>", grading, table(("case", "old to new", "input", "tags"), rows)]
    return page(name, *parts)


def _history(points: Sequence[Point]) -> str:
    if not points:
        return "<p>No accepted outcome yet: <code>promptci check --accept</code> writes one.</p>"
    rows = []
    for before, point in zip((None, *points), points, strict=False):
        changed = before is not None and before.model != point.model
        ends = "" if point.ci is None else " to ".join(wording.percent(end) for end in point.ci)
        day = f'<span class="short">{text(point.date[:10])}</span>'
        rows.append([
            text(point.commit[:7]), day, wording.percent(point.score), ends,
            badge(point.verdict) if point.verdict else "accepted",
            text(point.model) + (" <b>(changed)</b>" if changed else ""),
        ])  # fmt: skip
    head = ("commit", "day", "score", "interval", "verdict", "model")
    return table(head, rows[::-1], numbers=("score", "interval"))


def _search(run: str, report: Report, prompt: PromptReport) -> list[str]:
    search = prompt.search
    if search is None:
        return []
    pull, test = search.pull_request, search.test
    held = f"{test['wins']} better, {test['losses']} worse of {test['cases']:,}" if test else "not asked"
    opened = "none" if pull.operation == "none" else f"{pull.operation} {pull.number or ''}"
    costs = [f"{report.calls:,}", text(wording.money(report.cost_usd))]
    return [link(run, "run", run), badge(search.outcome), text(search.strategy), text(held), *costs, text(opened)]


def _kind(detail: CaseDetail) -> str:
    kind = kind_of(detail)
    return f'<span class="kind {kind}">{text(KINDS[kind])}</span>'


def case(run: str, name: str, detail: CaseDetail) -> str:
    """Return one case in full."""
    back = f"<p>{_kind(detail)} of {link(name, 'prompt', name)} in {link(run, 'run', run)}</p>"
    told = "".join(
        f'<dt>{text(label)}</dt><dd class="text-value">{text(said) if said else "(none)"}</dd>'
        for label, said in texts_of(detail)
    )
    return page(detail.id, back, f'<dl class="texts">{told}</dl>')


def labels(run: str, name: str, details: Sequence[CaseDetail], token: str) -> str:
    """Return the form in which a person grades answers; nothing is written before its diff was shown."""
    graded = [d for d in details if d.new is not None]
    if not graded:
        return page(f"Grade answers of {name}", f"<p>{link(run, 'run', run)} kept no answers of this prompt.</p>")
    body = f'<input type="hidden" name="token" value="{token}">{"".join(map(_graded, graded))}'
    form = f'<form method="post">{body}<button>show the diff</button></form>'
    return page(f"Grade answers of {name}", f"<p>From {link(run, 'run', run)}.</p>", form)


def _graded(detail: CaseDetail) -> str:
    name = text(detail.id)
    choices = "".join(
        f'<label class="grade"><input type="radio" name="grade:{name}" value="{value}"> {said}</label>'
        for value, said in (("pass", "pass"), ("fail", "fail"), ("", "no grade"))
    )
    told = f'<dt>input</dt><dd class="text-value">{text(detail.input)}</dd>'
    told += f'<dt>answer</dt><dd class="text-value">{text(detail.new)}</dd>'
    return f'<fieldset><legend>{name}</legend><dl class="texts">{told}</dl>{choices}</fieldset>'


def confirm(name: str, diff: str, token: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return the diff of what would be written, with the one button that writes it."""
    hidden = "".join(f'<input type="hidden" name="{text(k)}" value="{text(v)}">' for k, v in fields)
    hidden += f'<input type="hidden" name="token" value="{token}">'
    form = f'<form method="post">{hidden}<button>write it</button></form>'
    return page(f"Write grades of {name}", f'<pre class="words">{text(diff)}</pre><p></p>', form)

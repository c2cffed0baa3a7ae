"""The report as one HTML file that needs no network and runs nothing but its own few lines of script.

Every value on the page is escaped, and hidden characters are made visible. A content security policy allows this
page's own style and script by their digests, and nothing else: were a text to become markup, it could neither run nor
load anything.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from promptci import assets
from promptci.report import charts, wording
from promptci.report.base import OFFLINE_NOTE, CaseDetail, PromptReport, Report, Share
from promptci.report.cases import Row, rows
from promptci.report.tradeoff import HEAD, choice_row, tradeoff
from promptci.report.verdict import verdict_line
from promptci.report.worddiff import Segment, word_changes
from promptci.untrusted import one_line, shown

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

OPEN = 10  # cases that are unfolded when the page opens


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case on the page: `kind` is how it went from old to new, `brief` what its folded line says."""

    id: str
    kind: str
    said: str
    brief: str
    rows: tuple[Row, ...]
    tags: tuple[str, ...]
    unfolded: bool


@dataclass(frozen=True, slots=True)
class PromptView:
    """A prompt on the page, with its pictures made."""

    report: PromptReport
    word: str
    words: tuple[Segment, ...]
    cases: tuple[CaseView, ...]
    kinds: dict[str, str]
    flips: Markup | None
    intervals: Markup | None
    search: Markup | None


def as_html(report: Report) -> str:
    """Return the whole report as an HTML page, every case with its texts where the report has them."""
    style, script = _source("style.css"), _source("page.js")
    values = {
        "report": report,
        "line": verdict_line(report, one_line).replace("`", ""),
        "prompts": [_prompt(report, p) for p in report.prompts],
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'",
        "offline_note": OFFLINE_NOTE,
        "tradeoff": tradeoff(report.choices),
        "choice_head": HEAD,
        "choice_rows": [choice_row(choice) for choice in report.choices],
    }
    return _environment().get_template("report.html.j2").render(values)


def _prompt(report: Report, prompt: PromptReport) -> PromptView:
    search = prompt.search
    held_out = wording.held_out(report.command, prompt)
    views = _cases(prompt.cases_detail)
    return PromptView(
        report=prompt,
        word=wording.word(report.command, prompt),
        words=tuple(word_changes(search.diff if search and search.diff else prompt.prompt_diff)),
        cases=views,
        kinds={
            kind: said
            for kind, said in charts.words(prompt.cases_detail).items()
            if any(view.kind == kind for view in views)
        },
        flips=charts.flip_picture(prompt.cases_detail) if prompt.cases_detail else None,
        intervals=_intervals(prompt),
        search=charts.search_chart(search.steps, search.stop_reason, held_out, prompt.ci)
        if search is not None and search.steps
        else None,
    )


def _intervals(prompt: PromptReport) -> Markup | None:
    if prompt.delta is None:
        return None
    whole = Share("all cases", prompt.cases, prompt.score, prompt.baseline_score, prompt.delta, prompt.ci)
    parts = [share for share in (*prompt.metrics, *prompt.slices) if share.delta is not None]
    return charts.interval_chart([whole, *parts], prompt.ci_level)


def _cases(details: Sequence[CaseDetail]) -> tuple[CaseView, ...]:
    """Those that changed first, then the others, each in the order of the eval set."""
    called = charts.words(details)
    order = list(called)
    ranked = sorted(((order.index(charts.kind_of(d)), d) for d in details), key=lambda pair: pair[0])
    return tuple(
        CaseView(d.id, order[k], called[order[k]], _brief(d), tuple(rows(d)), d.tags, k < 2 and place < OPEN)
        for place, (k, d) in enumerate(ranked)
    )


def _brief(detail: CaseDetail) -> str:
    said = detail.new if detail.new is not None else detail.reason or ""
    return one_line(said, limit=90)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=4)
def _source(name: str) -> str:
    return (assets.templates() / "html" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Only packaged templates: a page that may run a script is no place for those of a stranger's branch."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.templates() / "html"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else shown(str(value)) if value is not None else "-",
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = (
        wording.percent, wording.points, wording.interval, wording.counted, wording.level, wording.case_count,
        wording.searched, wording.asked, wording.overfitting, wording.effort, wording.passing, wording.measured,
        wording.headline, wording.saving, wording.tokens,
        wording.caused, wording.duration, wording.money, wording.probability,
    )  # fmt: skip
    environment.filters.update({made.__name__: made for made in known})
    environment.filters["trusted"] = Markup  # for the page's own style and script
    environment.globals["compared"] = wording.compared
    return environment

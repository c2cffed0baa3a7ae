"""The pages of `promptci view` as HTML without any script; every value is escaped and made visible."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from promptci.report import wording
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.history import Point, as_history
from promptci.report.show import case_text
from promptci.untrusted import shown

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #8886}
.scroll{overflow-x:auto}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #8886;padding:.6rem}
a{color:#1a5fb4}@media(prefers-color-scheme:dark){a{color:#8ab4f8}}nav a{margin-right:1rem}
"""


def text(value: object) -> str:
    """Return any text as HTML that reads as itself."""
    return escape(shown(str(value)))


def page(title: str, *parts: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<nav aria-label="Pages"><a href="/">runs</a><a href="/prompts">prompts</a></nav>'
        f"<main><h1>{text(title)}</h1>{''.join(parts)}</main></body></html>"
    )


def link(words: object, *path: str) -> str:
    """Return a link to a page of ours; each part of the path is quoted."""
    return f'<a href="/{"/".join(quote(part, safe="") for part in path)}">{text(words)}</a>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose cells are HTML already."""
    top = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(head[0])}s">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def runs(found: Sequence[tuple[str, Report | None]]) -> str:
    """Return the first page: every run, and a form that compares two."""
    rows = [row for name, report in found for row in _run_rows(name, report)]
    head = ("run", "command", "prompt", "verdict", "score", "calls", "cost", "commit")
    names = "".join(f'<option value="{text(name)}">{text(name)}</option>' for name, report in found if report)
    form = (
        '<h2>Compare two runs</h2><form action="/compare"><label>before <select name="a">'
        f'{names}</select></label> <label>after <select name="b">{names}</select></label> '
        "<button>compare</button></form>"
    )
    return page("Runs", table(head, rows) if rows else "<p>No run yet.</p>", form if names else "")


def _run_rows(name: str, report: Report | None) -> list[list[str]]:
    if report is None:
        return [[text(name), "running, or interrupted", *[""] * 6]]
    cost, commit = wording.money(report.cost_usd), (report.commit or "")[:7]
    end = [f"{report.calls:,}", text(cost), text(commit)]
    return [
        [link(name, "run", name), text(report.command), link(p.id, "prompt", p.id), text(p.verdict),
         wording.percent(p.score), *end]
        for p in report.prompts
    ] or [[link(name, "run", name), text(report.command), "", text(report.verdict), "", *end]]  # fmt: skip


def prompt(name: str, points: Sequence[Point], last: tuple[str, PromptReport] | None) -> str:
    """Return one prompt's history over commits, and the cases of its last run."""
    parts = [f"<h2>History</h2><pre>{text(as_history(name, points))}</pre>"]
    if last is not None:
        run, report = last
        rows = [[link(d.id, "case", run, name, d.id), _went(d), text(" ".join(d.tags))] for d in report.cases_detail]
        parts += [
            f"<h2>Cases of {link(run, 'run', run)}</h2><p>{link('label answers for judges', 'label', run, name)}</p>"
        ]
        parts.append(table(("case", "old to new", "tags"), rows))
    return page(name, *parts)


def _went(detail: CaseDetail) -> str:
    words = {True: "passes", False: "fails", None: "unmeasured"}
    return f"{words[detail.old_passes]} to {words[detail.new_passes]}"


def case(run: str, name: str, detail: CaseDetail) -> str:
    """Return one case in full."""
    back = f"<p>{link(name, 'prompt', name)} in {link(run, 'run', run)}</p>"
    return page(detail.id, back, f"<pre>{text(case_text(detail, width=None))}</pre>")


def labels(run: str, name: str, details: Sequence[CaseDetail], token: str) -> str:
    """Return the form in which a person grades answers; nothing is written before its diff was shown."""
    rows = [
        [f"<pre>{text(d.input)}</pre>", f"<pre>{text(d.new)}</pre>",
         f'<label>grade of {text(d.id)} <select name="grade:{text(d.id)}"><option></option>'
         "<option>pass</option><option>fail</option></select></label>"]
        for d in details if d.new is not None
    ]  # fmt: skip
    fields = f'<input type="hidden" name="token" value="{token}">'
    body = (
        f'<form method="post">{fields}{table(("input", "answer", "grade"), rows)}<button>show the diff</button></form>'
    )
    return page(f"Grade answers of {name}", f"<p>From {link(run, 'run', run)}.</p>", body)


def confirm(name: str, diff: str, token: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return the diff of what would be written, with the one button that writes it."""
    hidden = "".join(f'<input type="hidden" name="{text(k)}" value="{text(v)}">' for k, v in fields)
    hidden += f'<input type="hidden" name="token" value="{token}">'
    form = f'<form method="post">{hidden}<button>write it</button></form>'
    return page(f"Write grades of {name}", f"<pre>{text(diff)}</pre>", form)

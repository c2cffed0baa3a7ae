"""What every page of `promptci view` is made of; every value is escaped and made visible."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from urllib.parse import quote

from promptci import assets
from promptci.untrusted import shown

_OWN = """
nav{max-width:60rem;margin:0 auto;padding:.9rem 1.25rem;display:flex;gap:1.25rem;border-bottom:1px solid var(--line)}
main{padding-top:1.25rem;padding-bottom:3rem}h2{margin-top:2rem}td,th{text-align:left;white-space:normal}
td.number,th.number{text-align:right;white-space:nowrap}.short{white-space:nowrap}.thin{stroke-width:1;opacity:.6}
fieldset{border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0;padding:.5rem .9rem}legend{font-weight:600}
form.row{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:end}
form.row label{display:flex;flex-direction:column}
select,button{font:inherit;color:var(--text);background:var(--soft);border:1px solid var(--muted);border-radius:.4rem;
padding:.35rem .7rem;max-width:100%}button{font-weight:600;cursor:pointer}
label.grade{margin-right:1.25rem;white-space:nowrap}
@media print{nav,form.row,button{display:none!important}}
"""


@cache
def style() -> str:
    """Return the one style sheet: the report's own, and what only these pages have."""
    return (assets.templates() / "html" / "style.css").read_text(encoding="utf-8") + _OWN


def text(value: object) -> str:
    """Return any text as HTML that reads as itself."""
    return escape(shown(str(value)))


def page(title: str, *parts: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)} - promptci</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{style()}</style></head><body>'
        f'<nav aria-label="Pages"><b>promptci</b><a href="/">runs</a><a href="/prompts">prompts</a></nav>'
        f"<main><h1>{text(title)}</h1>{''.join(parts)}</main></body></html>"
    )


def link(words: object, *path: str) -> str:
    """Return a link to a page of ours; each part of the path is quoted."""
    return f'<a href="/{"/".join(quote(part, safe="") for part in path)}">{text(words)}</a>'


def badge(word: str) -> str:
    """Return a verdict or an outcome as the report shows it."""
    return f'<span class="badge {text(word.replace("_", "-"))}">{text(word.replace("_", " ").upper())}</span>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()) -> str:
    """Return a table whose cells are HTML already; columns named in `numbers` stand to the right."""
    kinds = [' class="number"' if name in numbers else "" for name in head]
    top = "".join(f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(head, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(head[0])}s">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )

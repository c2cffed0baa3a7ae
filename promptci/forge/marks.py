"""Hidden marks in what we write, by which we know it again, and how much text a forge takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from promptci.core import Json

BODY_LIMIT = 60_000  # characters; GitHub refuses more than 65,536
_CUT = "\n\n*Cut here: the whole text is in the run's report.*"
_FACTS = re.compile(r"<!-- promptci: (\{[^\n]*\}) -->")
_SCHEMA = 1


def capped(body: str, limit: int = BODY_LIMIT) -> str:
    """Return `body` as forges take it: at most `limit` characters, the head kept, the cut marked, fences closed."""
    text = body.encode("utf-8", "replace").decode().replace("\r\n", "\n").strip()
    if len(text) <= limit:
        return text
    head = text[: limit - 1000]
    head = head.rpartition("\n")[0] or head
    fence = ""
    for mark in re.findall(r"^ {0,3}(`{3,}|~{3,})", head, re.MULTILINE):
        if not fence:
            fence = mark
        elif mark.startswith(fence):
            fence = ""
    closing = f"\n{fence}" if len(fence) < 500 else ""
    return head + closing + _CUT


def stamped(body: str, facts: Mapping[str, str]) -> str:
    """Return `body`, capped, with `facts` in a comment that readers do not see, on its last line."""
    if not facts:
        return capped(body)
    said = json.dumps({"schema": _SCHEMA, **facts}, sort_keys=True).replace("-->", "--\\u003e")
    return f"{capped(unstamped(body), BODY_LIMIT - 1000)}\n\n<!-- promptci: {said} -->"


def unstamped(body: str) -> str:
    """Return `body` without such comments: text from elsewhere cannot pass for our mark."""
    return _FACTS.sub("", body).strip()


def facts_in(body: str) -> dict[str, str]:
    """Return the facts on the last line of a body that `stamped` wrote, without blanks; {} when there are none."""
    last = body.strip().rpartition("\n")[2].strip()
    found = _FACTS.fullmatch(last)
    try:
        facts: Json = json.loads(found[1]) if found else {}
    except (ValueError, RecursionError):
        return {}
    return {str(k): v for k, v in facts.items() if isinstance(v, str)} if facts.get("schema") == _SCHEMA else {}


def sticky(marker: str) -> str:
    """Return the first line of the one comment or issue that has `marker`."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", marker):
        raise ValueError(f"a marker is letters, digits and '-', not {marker!r}")
    return f"<!-- promptci sticky {marker} -->"

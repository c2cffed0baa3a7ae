"""What a Markdown page comes to on GitHub: its structure, and everything in it that acts on others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_OURS = re.compile(r"</?details>|<summary>[A-Z][a-z ]+</summary>")
_MARKER = re.compile(r"<!-- promptci:(\{.*\}) -->")

# GitHub looks for these in the text that is left after parsing, outside code. Wider than GitHub's own rules.
_LIVE = {
    "mention": re.compile(r"@[^\s\u200b]"),
    "reference": re.compile(r"#\w|\bgh-\d", re.IGNORECASE),
    "address": re.compile(r"://|\bwww\.", re.IGNORECASE),
    "commit": re.compile(r"\b[0-9a-f]{7,64}\b", re.IGNORECASE),
    "picture": re.compile(r":[\w+-]+:"),
}


@lru_cache(maxsize=8)
def tokens(page: str) -> list[Token]:
    return _PARSER.parse(page)


def skeleton(page: str) -> list[str]:
    """The page's structure: block and inline kinds in order, without what they say."""
    kinds: list[str] = []
    for token in tokens(page):
        kinds.append(token.type)
        kinds += [child.type for child in token.children or () if child.type not in ("text", "text_special")]
    return kinds


def texts(page: str) -> Iterator[str]:
    """Each run of text outside code, as a reader sees it."""
    for token in tokens(page):
        run = ""
        for child in token.children or ():
            if child.type in ("text", "text_special"):
                run += child.content
            else:
                yield run
                run = ""
        yield run


def live(text: str) -> list[str]:
    """What GitHub would link, announce or replace in a text without markup."""
    return [f"{kind}: {text!r}" for kind, rule in _LIVE.items() if rule.search(text)]


def acts(page: str, links: frozenset[str] = frozenset()) -> list[str]:
    """Everything on the page that links, embeds, announces or is HTML, but for our own tags and `links`."""
    found = [problem for text in texts(page) for problem in live(text)]
    for token in (t for block in tokens(page) for t in (block, *(block.children or ()))):
        if token.type == "image":
            found.append(f"image: {token.attrs}")
        if token.type == "link_open" and token.attrs.get("href") not in links:
            found.append(f"link: {token.attrs}")
        if token.type in ("html_block", "html_inline"):
            found += [f"html: {line!r}" for line in token.content.splitlines() if not _is_ours(line)]
    return found


def _is_ours(line: str) -> bool:
    marker = _MARKER.fullmatch(line)
    if marker:
        return set(json.loads(marker[1])) <= {"schema", "id", "hash"} and "--" not in marker[1]
    return not line.strip() or _OURS.fullmatch(line) is not None


def fences(page: str) -> list[str]:
    return [t.content for t in tokens(page) if t.type == "fence"]

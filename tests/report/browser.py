"""A real Chromium that shows a page and tells what the page did."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass
class Seen:
    """What a page asked for beyond itself, what ran, and what the browser complained of."""

    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def dialog(self, opened: Any) -> None:
        self.said.append(f"dialog: {opened.message}")
        opened.dismiss()


@contextmanager
def started() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def shown(chromium: Any, page: str, place: Path, **context: Any) -> Iterator[tuple[Any, Seen]]:
    """Open the page from a file, as people open an artifact."""
    file = place / "report.html"
    file.write_text(page, encoding="utf-8")
    opened = chromium.new_context(**context)
    tab, seen = opened.new_page(), Seen()
    tab.on("request", lambda request: seen.requests.append(request.url) if request.url != file.as_uri() else None)
    tab.on("console", lambda message: seen.said.append(message.text))
    tab.on("dialog", seen.dialog)
    tab.on("pageerror", lambda error: seen.said.append(str(error)))
    try:
        tab.goto(file.as_uri())
        yield tab, seen
    finally:
        opened.close()

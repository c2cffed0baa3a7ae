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


@dataclass
class Browser:
    """A Chromium with one tab for each way of looking: a new tab costs four times what a page does."""

    chromium: Any
    tabs: dict[str, Any] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    shows: str = ""

    def tab(self, look: dict[str, Any]) -> Any:
        name = repr(sorted(look.items()))
        if name not in self.tabs:
            self.tabs[name] = self._opened(look)
        return self.tabs[name]

    def _opened(self, look: dict[str, Any]) -> Any:
        tab = self.chromium.new_context(**look).new_page()
        tab.on("request", lambda request: self.seen.requests.append(request.url) if request.url != self.shows else None)
        tab.on("console", lambda message: self.seen.said.append(message.text))
        tab.on("dialog", lambda opened: self.seen.dialog(opened))
        tab.on("pageerror", lambda error: self.seen.said.append(str(error)))
        return tab


@contextmanager
def started() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        try:
            yield Browser(chromium)
        finally:
            chromium.close()


@contextmanager
def shown(browser: Browser, page: str, place: Path, **look: Any) -> Iterator[tuple[Any, Seen]]:
    """Open the page from a file, as people open an artifact."""
    file = place / "report.html"
    file.write_text(page, encoding="utf-8")
    tab = browser.tab(look)
    browser.seen, browser.shows = Seen(), file.as_uri()
    tab.emulate_media(media="null")
    tab.goto(browser.shows)
    yield tab, browser.seen
    browser.shows = "about:blank"
    tab.goto(browser.shows)  # what this page left behind is nothing to the next one

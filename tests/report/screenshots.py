"""Make docs/images anew: `python -m tests.report.screenshots [DIRECTORY]`, then look at them.

With a directory, every page in every look is made there: 44 pictures, to be looked at. docs/pictures.md shows 30 of
them: reports in every look, the pages of the view on a desktop and on a phone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from promptci import assets
from promptci.commands.check import check
from promptci.project.project import locate
from promptci.report.base import Choice
from promptci.report.html import as_html
from promptci.run.options import Options
from promptci.view.server import COOKIE, Server
from tests.report.browser import shown, started
from tests.report.samples import REPORTS
from tests.report.test_browser import LOOKS
from tests.serving import at_work

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CHOICES = (
    Choice("model-4", "now", 0.853, 0.0021, 1.4, 41.0),
    Choice("model-5", "same", 0.861, 0.0019, 1.1, 44.0),
    Choice("model-5-mini", "same", 0.848, 0.0004, 0.6, 39.0, taken=True),
    Choice("model-5-nano", "worse", 0.712, 0.0001, 0.4, 30.0),
)
PAGES = {
    **{name: REPORTS[name] for name in ("fail", "improved", "several")},
    "upgrade": replace(REPORTS["several"], command="upgrade", choices=CHOICES),
}
SHOTS = {
    "report-check": ("fail", "desktop", ""),
    "report-search": ("improved", "dark", "svg.chart >> nth=1"),
    "report-phone": ("fail", "phone", "details.case >> nth=0"),
    "report-several": ("several", "desktop", ""),
    "report-upgrade": ("upgrade", "desktop", ""),
}
VIEWS = {
    "runs": "/",
    "prompts": "/prompts",
    "prompt": "/prompt/triage",
    "case": "/case/3-back/triage/t006",
    "label": "/label/2-worse/triage",
    "compare": "/compare?a=1-begin&b=2-worse",
    "run": "/run/2-worse",
}
VIEW_SHOTS = {"view-prompt": ("prompt", "desktop"), "view-runs": ("runs", "dark")}
SIZES = {"phone": (390, 780), "print": (800, 1100)}


def pictured(chromium: Any, place: Path, name: str, look: str, at: str, to: Path) -> None:
    """A report in one look, as `at` is in the middle."""
    width, height = SIZES.get(look, (900, 700))
    with shown(chromium, as_html(PAGES[name]), place, **LOOKS.get(look, {})) as (page, _):
        page.set_viewport_size({"width": width, "height": height})
        if look == "print":
            page.emulate_media(media="print")
        if at:
            page.evaluate("(e) => e.scrollIntoView({block: 'center'})", page.query_selector(at))
        page.screenshot(path=to)


@contextmanager
def served(place: Path) -> Iterator[Server]:
    """`promptci view` over the triage example: accepted, made worse, put back."""
    here = place / "triage"
    shutil.copytree(assets.examples() / "triage", here)
    begun = ["init -q -b main", "add .", "commit -qm Begin"]
    for line in begun:
        subprocess.run(["git", "-c", "user.name=D", "-c", "user.email=d@x.org", *line.split()], cwd=here, check=True)
    options = Options(config=here / "promptci.yaml", quiet=True)
    check(replace(options, run="1-begin"), accept=True)
    for run, version in (("2-worse", "2-worse.md"), ("3-back", "1-good.md")):
        (here / "prompts" / "triage.md").write_bytes((here / "story" / version).read_bytes())
        check(replace(options, run=run), base="HEAD", everything=True)
    with at_work(Server(locate(here / "promptci.yaml", here), 0)) as server:
        yield server


def viewed(chromium: Any, server: Server, name: str, look: str, to: Path) -> None:
    """A page of the view in one look."""
    width, height = SIZES.get(look, (900, 700))
    opened = chromium.chromium.new_context(**{**LOOKS.get(look, {}), "viewport": {"width": width, "height": height}})
    home = f"http://127.0.0.1:{server.server_port}"
    opened.add_cookies([{"name": COOKIE, "value": server.session, "url": home}])
    page = opened.new_page()
    page.goto(home + VIEWS[name])
    if look == "print":
        page.emulate_media(media="print")
    page.screenshot(path=to)
    opened.close()


def main(everything: Path | None) -> None:
    # The runs are made first: a browser's driver has an event loop of its own in this thread.
    with tempfile.TemporaryDirectory() as place, served(Path(place)) as server, started() as chromium:
        if everything is None:
            for file, (name, look, at) in SHOTS.items():
                pictured(chromium, Path(place), name, look, at, IMAGES / f"{file}.png")
            for file, (name, look) in VIEW_SHOTS.items():
                viewed(chromium, server, name, look, IMAGES / f"{file}.png")
            everything = IMAGES / "every"
        for look in (*LOOKS, "print"):
            for name in PAGES:
                pictured(chromium, Path(place), name, look, "", everything / f"report-{name}-{look}.png")
            for name in VIEWS:
                if everything != IMAGES / "every" or look in ("desktop", "phone"):
                    viewed(chromium, server, name, look, everything / f"view-{name}-{look}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)

"""How long a reader waits for 2,000 cases: the report as a file and the pages of `promptci view`, in Chromium.

    PYTHONPATH=. python benchmarks/opening.py [--cases 2000] [--runs 12] [--times 5]

From asking for the page until it is drawn, the median of `times`; cases have about 600 characters each. The view's
project has `runs` runs of that many cases.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from promptci.project.project import locate
from promptci.report.base import Report
from promptci.report.html import as_html
from promptci.report.json import keep
from promptci.view.server import COOKIE, Server
from tests.report.browser import started
from tests.report.samples import detail, failed, report
from tests.serving import at_work

DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))"
SIZES = {"desktop": (1100, 900), "phone": (390, 844)}
SETTINGS = "version: 1\nmodels: {scorer: {model: offline}}\nprompts: [{file: triage.md, cases: triage.jsonl}]\n"


def large(count: int) -> Report:
    """A report of one prompt; one case in seven newly fails."""
    said = {True: "billing " * 20, False: "other words " * 15}
    cases = (detail(f"c{n:04}", said[True], said[True], said[n % 7 != 0]) for n in range(count))
    asked = "My parcel with the number {} has not come and I want my money back. "
    details = tuple(replace(case, input=asked.format(case.id) * 3) for case in cases)
    values, worse = {d.id: d.new_value for d in details}, tuple(d.id for d in details[::7])
    return report(replace(failed, cases_detail=details, newly_failing=worse, values=values))


@contextmanager
def viewed(place: Path, kept: Report, runs: int) -> Iterator[Server]:
    """The view of a project with these runs."""
    for name, text in {
        "promptci.yaml": SETTINGS,
        "triage.md": "Route it: {{ ticket }}\n",
        "triage.jsonl": "{}\n",
    }.items():
        (place / name).write_text(text)
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", "-C", place, "-c", "user.name=b", "-c", "user.email=b@x.org", *args], check=True)
    for number in range(runs):
        (run := place / ".promptci" / "runs" / f"2026-{number:03}").mkdir(parents=True)
        keep(kept, run)
    with at_work(Server(locate(place / "promptci.yaml", place), 0)) as server:
        yield server


def opened(browser: Any, address: str, times: int, cookie: dict[str, str] | None = None) -> str:
    """The medians of a desktop and a phone, in seconds."""
    told = []
    for width, height in SIZES.values():
        took = []
        for _ in range(times):
            context = browser.chromium.new_context(viewport={"width": width, "height": height})
            if cookie:
                context.add_cookies([cookie])
            page = context.new_page()
            start = time.perf_counter()
            page.goto(address, wait_until="load")
            page.evaluate(DRAWN)
            took.append(time.perf_counter() - start)
            context.close()
        told.append(f"{statistics.median(took):.2f} ({max(took):.2f})")
    return " | ".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    kept = large(args.cases)
    print(f"| {args.cases:,} cases | {' | '.join(f'{size}: s (most)' for size in SIZES)} |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name, viewed(Path(name), kept, args.runs) as server, started() as browser:
        file, home = Path(name) / "report.html", f"http://127.0.0.1:{server.server_port}"
        file.write_text(as_html(kept), encoding="utf-8")
        print(
            f"| report, {file.stat().st_size / 1e6:.1f} MB | {opened(browser, file.as_uri(), args.times)} |", flush=True
        )
        cookie = {"name": COOKIE, "value": server.session, "url": home}
        pages = {"runs": "/", "run": "/run/2026-000", "prompt": "/prompt/triage", "case": "/case/2026-000/triage/c0001",
                 "grading": "/label/2026-000/triage", "comparison": "/compare?a=2026-000&b=2026-001"}  # fmt: skip
        for page, path in pages.items():
            print(f"| view, {page} | {opened(browser, home + path, args.times, cookie)} |", flush=True)


if __name__ == "__main__":
    main()

"""Make docs/images anew: `python -m tests.report.screenshots`, then look at them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from promptci.report.html import as_html
from tests.report.browser import shown, started
from tests.report.samples import REPORTS
from tests.report.test_browser import LOOKS

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOTS = {
    "report-check": ("fail", "desktop", ""),
    "report-search": ("improved", "dark", "svg.chart >> nth=1"),
    "report-phone": ("fail", "phone", "details.case >> nth=0"),
    "report-several": ("several", "desktop", ""),
}


def main() -> None:
    with started() as chromium, tempfile.TemporaryDirectory() as place:
        for name, (sample, look, at) in SHOTS.items():
            with shown(chromium, as_html(REPORTS[sample]), Path(place), **LOOKS[look]) as (page, _):
                page.set_viewport_size({"width": 390 if look == "phone" else 900, "height": 700})
                if at:
                    page.evaluate("(e) => e.scrollIntoView({block: 'center'})", page.query_selector(at))
                page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()

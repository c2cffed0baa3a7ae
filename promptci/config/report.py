"""Section `report`: what reports show."""

from __future__ import annotations

from typing import Literal

from promptci.config.base import Settings


class ReportSettings(Settings):
    """How much of inputs and answers stands in job summaries and comments: ids only, a line each, or some lines."""

    answers: Literal["none", "short", "full"] = "short"

"""Section `execution`: where a run's calls are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from promptci.config.base import AtLeastOne, Settings, Share


class ExecutionSettings(Settings):
    """Where calls are made; the order, the seeds, the budget and the verdict are the same everywhere.

    `batch` is for `check`: a search asks for one round after the other, so its calls are made here.
    """

    executor: Literal["local", "ray", "batch"] = "local"
    workers: AtLeastOne = 2
    batch_price: Share = 0.5
    cached_input: Share = 0.25
    wait_minutes: Annotated[float, Field(ge=0)] = 60.0

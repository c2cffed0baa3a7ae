"""One model at one server during a run: its client, its pace, and how it has answered so far."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from promptci.models.base import Client, Failure, Noting, Starter
from promptci.models.patience import Patience
from promptci.models.rate import Pace

_WORTH_TELLING_S = 0.1


@dataclass(slots=True)
class Lane:
    """One model at one server during a run."""

    name: str
    client: Client
    pace: Pace
    unanswered: int = 0
    unreached: int = 0
    patience: Patience = field(default_factory=Patience)
    trouble: Failure | None = None  # the last call's, until one is answered
    troubles: int = 0
    ever_answered: bool = False
    _starter: Starter | None = field(init=False)

    def __post_init__(self) -> None:
        # Once: whether something keeps a protocol takes a tenth of what a call costs beside its model.
        self._starter = self.client if isinstance(self.client, Starter) else None

    async def started(self, left_s: float | None) -> None:
        """Wait until the client can send, where that takes time; not longer than the run has left."""
        if self._starter is not None:
            with suppress(TimeoutError):  # the budget says next that the time is up
                async with asyncio.timeout(left_s):
                    await self._starter.started()

    @property
    def in_trouble(self) -> str | None:
        """What goes wrong now, in words; None when the last call was answered."""
        if self.trouble is None:
            return None
        return f"{self.name}: {self.trouble}" + (f" ({self.troubles} times in a row)" if self.troubles > 1 else "")

    def notes(self, most: int) -> list[str]:
        """What the model's calls had to wait for, in words; `most` were allowed at a time."""
        notes = []
        if self.unreached:
            notes.append(f"{self.name} could not be reached; tries, none of them a call: {self.unreached}")
        if self.pace.lowest < most:
            notes.append(f"{self.name} was asked as few as {self.pace.lowest} at a time, after status 429 or timeouts")
        if self.pace.paused_s >= _WORTH_TELLING_S:
            notes.append(f"{self.name} was held back {self.pace.paused_s:.1f} s, as its limits or its server ask")
        return [*notes, *(self.client.notes() if isinstance(self.client, Noting) else ())]

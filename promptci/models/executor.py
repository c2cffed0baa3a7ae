"""Where questions go that no stored answer answers: the part of a door that may be another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from promptci.models.account import Account
from promptci.models.base import Reply, Request

if TYPE_CHECKING:  # it imports asyncio, which a check that finds all its answers stored does not need
    from promptci.models.patience import Flight

Each = Callable[[int, Reply], None]


class Executor(Protocol):
    """Answers what is not stored, under the account's budget, and keeps what it got before anybody uses it.

    It lives in one event loop. `tell` gets what is on its way, every `tell_every_s` seconds, if it can say.
    """

    tell: Callable[[Flight], None] | None
    tell_every_s: float

    @property
    def waited_s(self) -> float:
        """Seconds in which at least one call waited to be sent again, or for a rate."""
        ...

    def notes(self) -> list[str]:
        """What people should know of the way, in words; may quote servers."""
        ...

    async def run(self, numbered: Iterator[tuple[int, Request | None]], each: Each) -> None:
        """Answer every request, stored ones too, and call `each` with its number once its answer is committed.

        None in the place of a request says that there is nothing to ask before the next answer.
        """
        ...

    async def close(self) -> None:
        """Release what is held; safe to call twice."""
        ...


Make = Callable[[Account], Executor]

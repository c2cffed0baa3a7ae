"""When models stop answering: a dated table that travels with the package, and what a server itself lists.

The table's dates are those of each line's source on the day it was seen; a server's own list (`shutdown_date` of
OpenAI's `GET /v1/models`, 2026) is newer and wins.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from promptci.core import Json
from promptci.errors import MeasureError
from promptci.models import keys
from promptci.models.base import ModelSpec
from promptci.models.secrets import Redactor, key_of, secrets_of

_MOST_BYTES = 2**23
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_OWN_CALENDAR = re.compile(r"(^|\.)azure\.com$")  # Azure retires on dates of its own, and names are the deployments'


_NO_SUCH_PLACE = (404, 405, 501)


class NoListError(MeasureError):
    """A server answers, and has no list of models: many that serve one or two have none."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """The day from which `model` does not answer any more, who says so, and when that was seen."""

    model: str
    day: date
    source: str
    seen: date
    replacement: str = ""


@cache
def table() -> tuple[Retirement, ...]:
    """Every line of the table that travels with the package."""
    with Path(__file__).with_name("retirements.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Retirement(row["model"], _day(row["day"]), row["source"], _day(row["seen"]), row["replacement"])
            for row in csv.DictReader(file)
        )


def retirement(model: str, listed: Iterable[Retirement] = ()) -> Retirement | None:
    """The retirement of `model` by what its server `listed`, else by the table; None when neither knows of one.

    A provider's prefix (`openai/gpt-4o`) is left out; a fine-tuned model goes when its base goes, a dated snapshot when
    its family goes, unless it has a line of its own.
    """
    base = model.split(":")[1] if model.startswith("ft:") and model.count(":") else model
    base = base.rpartition("/")[2]
    for lines in (tuple(listed), table()):
        known = {line.model: line for line in lines}
        for name in (model, base, _SNAPSHOT.sub("", base)):
            if name in known:
                return known[name]
    return None


def days_left(model: str, today: date, listed: Iterable[Retirement] = ()) -> int | None:
    """Days from `today` to the model's retirement, negative once it is past; None when no date is known."""
    found = retirement(model, listed)
    return None if found is None else (found.day - today).days


def spec_days_left(spec: ModelSpec, today: date, listed: Iterable[Retirement] = ()) -> int | None:
    """As `days_left`, for a model at its server: one on this machine stays, and Azure's dates are not in the table."""
    host = urlsplit(keys.server(spec)).hostname or ""
    foreign = keys.server(spec) == "offline" or keys.local(spec) or _OWN_CALENDAR.search(host) is not None
    if foreign and not any(line.model == spec.model for line in listed):
        return None
    return days_left(spec.model, today, listed)


def successor(model: str, listed: Iterable[str]) -> str | None:
    """The newest of the `listed` names that is `model` with a higher number in it; None where there is none.

    A date does not follow a name without one: `gpt-4o-2024-11-20` is a snapshot of `gpt-4o`, not what comes after it.
    """
    form, own = _numbered(model)
    later = [(number, name) for name in listed for kind, number in [_numbered(name)] if kind == form and number > own]
    return max(later)[1] if later else None


def _numbered(model: str) -> tuple[str, tuple[tuple[int, ...], ...]]:
    """Return the name without its numbers, a date told apart, and the numbers in order: ("gpt-#-mini", ((4, 1),))."""
    day = _SNAPSHOT.search(model)
    base = _SNAPSHOT.sub("", model)
    texts = [*_NUMBERS.findall(base), *([day[0][1:]] if day else [])]
    numbers = tuple(tuple(int(part) for part in re.split(r"[.-]", text)) for text in texts)
    return _NUMBERS.sub("#", base) + ("@" if day else ""), numbers


_NUMBERS = re.compile(r"\d{1,8}(?:[.-]\d{1,8})*(?!\d)")

SOON = 90  # days in which a model's end is worth planning for


def retiring(specs: Iterable[ModelSpec], today: date) -> list[str]:
    """Return a sentence for each model that was retired or will be within `SOON` days, by the table; each once."""
    found = {}
    for spec in specs:
        left, known = spec_days_left(spec, today), retirement(spec.model)
        if left is None or known is None or left >= SOON:
            continue
        mend = f"`{upgrade(follower(spec.model, known))}` measures a successor on every prompt"
        found[spec.model] = f"{spec.model} {when(known, left)}: {mend}."
    return list(found.values())


def when(known: Retirement, left: int) -> str:
    """Say when a model goes that has `left` days, and who says so."""
    said = f"retires in {left} day{'s' if left != 1 else ''}, on {known.day}"
    said = said if left > 0 else f"retires today, {known.day}" if left == 0 else f"was retired on {known.day}"
    return f"{said} ({known.source}, seen {known.seen})"


def follower(model: str, known: Retirement | None) -> str:
    """Return what is to follow `model`, by the name that a router in front of it uses; "" where nobody says."""
    prefix = "" if model.startswith("ft:") else "".join(model.rpartition("/")[:2])
    return prefix + known.replacement if known is not None and known.replacement else ""


def upgrade(follows: str) -> str:
    """Return the command that moves to `follows`."""
    return f"promptci upgrade --to {shlex.quote(follows) if follows else 'MODEL'}"


def read_names(body: Json) -> tuple[str, ...]:
    """The names in the body of `GET /v1/models`, in its order; they are untrusted."""
    rows = body.get("data") if isinstance(body, dict) else None
    ids = [row.get("id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(name for name in ids if isinstance(name, str) and 0 < len(name) <= 200)


def read_list(body: Json, source: str, today: date) -> tuple[Retirement, ...]:
    """The retirements in the body of `GET /v1/models`; entries without a date, or with nonsense, are left out."""
    rows = body.get("data") if isinstance(body, dict) else None
    found = []
    for row in rows if isinstance(rows, list) else []:
        given = row.get("shutdown_date") if isinstance(row, dict) else None
        if isinstance(given, str) and isinstance(row.get("id"), str):
            try:
                found.append(Retirement(row["id"], date.fromisoformat(given[:10]), source, today))
            except ValueError:  # no day: a server that says none of this model retires nothing
                continue
    return tuple(found)


def ask_server(spec: ModelSpec, today: date, timeout_s: float = 10.0) -> tuple[Retirement, ...]:
    """The retirements that the spec's server lists; see `offered`."""
    return offered(spec, today, timeout_s).retirements


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server's list of models says: the names on it, and which of them go when."""

    names: tuple[str, ...] = ()
    retirements: tuple[Retirement, ...] = ()


def offered(spec: ModelSpec, today: date, timeout_s: float = 10.0) -> Offer:
    """What the spec's server lists; no model is called and nothing is paid. Raises MeasureError when it cannot be had.

    The key goes to the configured server only: a redirect is not followed.
    """
    address = keys.server(spec)
    if address == "offline":
        return Offer()
    parts = urlsplit(address)
    url = parts._replace(path=f"{parts.path}/models").geturl()
    try:
        body = json.loads(_got(url, key_of(spec), timeout_s))
        return Offer(read_names(body), read_list(body, url, today))
    except (ValueError, RecursionError):
        raise MeasureError("the server's list of models cannot be read: it is no JSON", place=url) from None
    except OSError as problem:
        words = Redactor(secrets_of([spec])).strictly(str(problem))
        raise MeasureError(f"the server's list of models cannot be read: {words}", place=url) from None


def _got(url: str, key: str | None, timeout_s: float) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    from promptci import unanswered

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with build_opener(Stay).open(Request(url, headers=headers), timeout=timeout_s) as response:  # noqa: S310  # a model's address is http or https
            return bytes(response.read(_MOST_BYTES))
    except HTTPError as error:
        error.close()
        if error.code in _NO_SUCH_PLACE:
            raise NoListError(f"the server has no list of models: status {error.code}", place=url) from None
        raise OSError(f"status {error.code}") from None
    except (OSError, HTTPException) as error:  # the latter: not HTTP, cut short, or with headers without end
        raise OSError(unanswered.said(error, url)) from None


def _day(text: str) -> date:
    return date.fromisoformat(text)

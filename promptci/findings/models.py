"""Findings about models: keys, prices, and how long each is still there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from promptci.config import Config
from promptci.errors import MeasureError
from promptci.findings.base import Finding, finding
from promptci.models import keys
from promptci.models.base import ModelSpec
from promptci.models.budget import price
from promptci.models.retirement import (
    SOON,
    NoListError,
    Offer,
    follower,
    offered,
    retirement,
    spec_days_left,
    upgrade,
    when,
)
from promptci.models.secrets import key_of
from promptci.project.models import called_specs
from promptci.report.wording import counted
from promptci.untrusted import one_line


def of_models(config: Config, place: str, today: date, *, online: bool) -> Iterator[Finding]:
    """Look at every model that a check or a search would call; with `online`, ask its server which models it has."""
    seen: list[ModelSpec] = []
    for spec in called_specs(config, searching=True):
        if keys.server(spec) == "offline" or any(_same(spec, other) for other in seen):
            continue
        seen.append(spec)
        yield from _of(spec, config, place, today, online)


def _same(a: ModelSpec, b: ModelSpec) -> bool:
    return (a.model, a.base_url, a.api_key_env) == (b.model, b.base_url, b.api_key_env)


def _of(spec: ModelSpec, config: Config, place: str, today: date, online: bool) -> Iterator[Finding]:
    name = one_line(spec.model)
    offer = Offer()
    try:
        missing = key_of(spec) is None and not keys.local(spec)
    except MeasureError as problem:
        yield finding("key-missing", spec.api_key_env, problem.problem, problem.hint or "set it again")
        return
    if missing:
        mend = "set it; in CI, as a secret of the repository, which pull requests from forks do not get"
        yield finding("key-missing", spec.api_key_env, f"the key for {name} is not set", mend)
    elif online:
        try:
            offer = offered(spec, today)
        except NoListError as problem:
            mend = f"nothing is to be done; whether it knows {name} shows when it is asked: promptci check --case ID"
            yield finding("list-missing", name, problem.problem, mend)
        except MeasureError as problem:
            yield finding("server-silent", name, problem.problem, problem.hint or "check `base_url` and the key")
    if config.budget.max_usd is not None and price(spec) is None:
        said = f"`budget.max_usd` caps the cost, and no price of {name} is known"
        yield finding("price-missing", place, said, "add `price: {input: ..., output: ...}` to the model")
    yield from _going(spec, place, today, offer)


def _going(spec: ModelSpec, place: str, today: date, offer: Offer) -> Iterator[Finding]:
    """How long the model is there, and whether its server names it at all."""
    name = one_line(spec.model)
    left, known = spec_days_left(spec, today, offer.retirements), retirement(spec.model, offer.retirements)
    if left is not None and known is not None and left < SOON:
        kind, command = "model-retired" if left < 0 else "model-retires", one_line(upgrade(follower(spec.model, known)))
        measured = "by its stored answers" if left < 0 else "while both answer"
        mend = f"`{command}` measures a successor on every prompt, {measured}"
        yield finding(kind, place, f"{name} {one_line(when(known, left), limit=200)}", mend)
    elif offer.names and spec.model not in offer.names:
        near = get_close_matches(spec.model, offer.names, n=1)
        meant = f"did you mean '{one_line(near[0])}'? " if near else ""
        said = f"{name} is not among the {counted(len(offer.names), 'model')} that its server lists"
        yield finding("model-unlisted", place, said, f"{meant}some servers answer to names that they do not list")

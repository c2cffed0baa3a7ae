"""What a prompt's own file may not choose in a pull request: what costs, and whom the model's server tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from promptci.core import Json, Reason
from promptci.errors import DataError
from promptci.models.base import ModelSpec
from promptci.models.parameters import cap
from promptci.project.side import Side
from promptci.untrusted import one_line

_HERE = ("function", "custom")  # tools that whoever asks runs; the others, such as `mcp`, the server does
_EFFORT = "reasoning_effort"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")  # what a server knows beside these is dearer to us
_HOST = re.compile(r"https://[^/?#{\s]+(?=[/?#])")


def held(side: Side, tip: Side | None) -> tuple[Side, tuple[Reason, ...]]:
    """Return the side asked by the model, for no more tokens, thought and tools of a server's own, than `tip` is.

    Beside it, what the side wanted else.

    `tip` is the same prompt at the target's tip; without one the settings say it. All of it is a setting, wherever it
    is written: it costs money, and a prompt's own file would else choose it. Raises DataError for a picture whose
    address is filled in, at a host that `tip` does not name: the model's server would tell it what the cases say.
    """
    _refuse_pictures(side, tip)
    fixed, wanted = side.configured if tip is None else tip.spec, side.spec
    limits = fixed if cap(wanted) > cap(fixed) else wanted
    parameters, foreign = _without_foreign_tools(wanted, fixed)
    if not _thinks_no_more(wanted, fixed):
        parameters = _with(parameters, _EFFORT, fixed.parameters.get(_EFFORT))
    asked = replace(
        wanted, model=fixed.model, price=fixed.price, max_tokens=limits.max_tokens, extra=limits.extra,
        parameters=parameters,
    )  # fmt: skip
    return replace(side, spec=asked), tuple(_told(one_line(side.path), wanted, asked, foreign))


def _told(place: str, wanted: ModelSpec, asked: ModelSpec, foreign: str) -> Iterator[Reason]:
    """Say what a prompt's file wanted and was not asked for."""
    if wanted.model != asked.model:
        said = f"{place} names the model '{one_line(wanted.model)}', which is a setting: '{one_line(asked.model)}' was "
        yield Reason("model_held", said + "asked, so nothing is known of the other one.")
    if cap(wanted) != cap(asked):
        said = f"{place} wants {cap(wanted)} tokens an answer, which is a setting: at most {cap(asked)} were asked for."
        yield Reason("max_tokens_held", said)
    if foreign:
        said = f"{place} brings a tool that the model's server runs itself ({one_line(foreign)}), which is a setting: "
        yield Reason("tools_held", f"{said}it was left out.")
    if wanted.parameters.get(_EFFORT) != asked.parameters.get(_EFFORT):
        said = f"{place} has another {_EFFORT} than the base, which is a setting: the base's was asked for."
        yield Reason("effort_held", said)


def _without_foreign_tools(wanted: ModelSpec, fixed: ModelSpec) -> tuple[Mapping[str, Json], str]:
    """Return what is sent along without the tools that a server would run and `fixed` does not have, and one's type.

    Such a tool has a price of its own, and may name a host that is told what the prompt says.
    """
    tools, known = wanted.parameters.get("tools") or [], fixed.parameters.get("tools") or []
    foreign = [tool for tool in tools if tool.get("type", _HERE[0]) not in _HERE and tool not in known]
    if not foreign:
        return wanted.parameters, ""
    kept = [tool for tool in tools if tool not in foreign]
    return _with(wanted.parameters, "tools", kept or None), str(foreign[0]["type"])


def _thinks_no_more(wanted: ModelSpec, fixed: ModelSpec) -> bool:
    """Whether a model is asked to think as long as at the base, or for less: what it thinks is paid, too."""
    now, then = (spec.parameters.get(_EFFORT) for spec in (wanted, fixed))
    known = now in _EFFORTS and then in _EFFORTS
    return now == then or (known and _EFFORTS.index(str(now)) < _EFFORTS.index(str(then)))


def _with(parameters: Mapping[str, Json], name: str, value: Json) -> dict[str, Json]:
    """Return the parameters with another value of one; None takes it away."""
    rest = {key: old for key, old in parameters.items() if key != name}
    return rest if value is None else {**rest, name: value}


def _refuse_pictures(side: Side, tip: Side | None) -> None:
    known = set(_filled_in(tip)) if tip is not None else set()
    hosts = {found[0] for address in known if (found := _HOST.match(address))}
    for address in _filled_in(side):
        host = _HOST.match(address)
        if address not in known and (host is None or host[0] not in hosts):
            where = f"{one_line(address, limit=60)}, a place that the base does not name"
            problem = f"the model's server would fetch a picture from {where}"
            hint = "merge it by hand, after reading it: what the cases say is in the address"
            raise DataError(problem, place=one_line(side.path), hint=hint)


def _filled_in(side: Side) -> list[str]:
    """Return the addresses of pictures in a prompt that have placeholders."""
    return [address for part in side.prompt.parts for address in part.pictures if "{" in address]

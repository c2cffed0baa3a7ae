"""The report as JSON, and back: the contract that other programs read."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptci.core import Json, Reason
from promptci.records import traces
from promptci.records.files import write_atomically
from promptci.report.base import SCHEMA, TRACES, CaseDetail, GateReport, PromptReport, Report, Share, rounded

if TYPE_CHECKING:
    from promptci.report.searched import Search

_SURROGATE = re.compile(r"\\ud[89a-f]")  # half of a pair, or one of a pair: only a look at the text can tell
_DETAIL = {f.name: f.default for f in fields(CaseDetail)}
_values = attrgetter(*_DETAIL)
_PIECE = 1_000  # cases that are written at once


def as_json(report: Report, *, details: bool = False) -> str:
    """Return the report as JSON text that ends in a newline; untrusted text is escaped to ASCII.

    `details` adds every case with its texts, which the run record has.
    """
    return _dumped(as_data(report, details=details), indent=2) + "\n"


def as_record(report: Report) -> str:
    """Return what a run keeps: the report with every case's texts, on one line, which is fast to write and to read."""
    return "".join(_record(report, lambda _prompt, _place, _detail: None))


def keep(report: Report, place: Path) -> None:
    """Write what a run keeps into its directory: `report.json`, and beside it the tools that its answers called.

    Those of cases that newly fail come first: there is room for so much. Raises OSError.
    """
    write_atomically(place / "report.json", (text.encode() for text in _with_traces(report, place)))


def _with_traces(report: Report, place: Path) -> Iterator[str]:
    """Yield the record; before its end, write the calls that it names: no report is there without them."""
    worse = {(p.id, case) for p in report.prompts for case in p.newly_failing}
    told: tuple[list[tuple[PromptReport, int]], ...] = ([], [])

    def seen(prompt: PromptReport, at: int, detail: CaseDetail) -> None:
        if detail.old_trace or detail.new_trace:
            told[(prompt.id, detail.id) not in worse].append((prompt, at))

    yield from _record(report, seen)
    found = (prompt.cases_detail[at] for those in told for prompt, at in those)
    traces.write(place, (trace for d in found for trace in (d.old_trace, d.new_trace)))


def _record(report: Report, seen: Callable[[PromptReport, int, CaseDetail], None]) -> Iterator[str]:
    """Yield the record piece by piece: values and details of a million cases are made and written a part at a time.

    Marks that no text can hold stand for both in the whole, and tell where they belong.
    """
    mark = secrets.token_hex(16)
    prompts = [_prompt(p, f"{mark}v{n}") | {"cases_detail": f"{mark}d{n}"} for n, p in enumerate(report.prompts)]
    parts = re.split(f'"{mark}([vd])([0-9]+)"', _dumped(_data(report, prompts), indent=None))
    yield parts[0]
    for kind, number, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        prompt = report.prompts[int(number)]
        yield from _values_of(prompt) if kind == "v" else _details_of(prompt, seen)
        yield text
    yield "\n"


def _values_of(prompt: PromptReport) -> Iterator[str]:
    ids = iter(sorted(prompt.values))
    pieces = iter(lambda: {case: rounded(prompt.values[case]) for case in islice(ids, _PIECE)}, {})
    return _joined("{}", (_dumped(piece, indent=None) for piece in pieces))


def _details_of(prompt: PromptReport, seen: Callable[[PromptReport, int, CaseDetail], None]) -> Iterator[str]:
    def rows() -> Iterator[Json]:
        for at, detail in enumerate(prompt.cases_detail):
            seen(prompt, at, detail)
            yield detail_data(detail)

    left = rows()
    pieces = iter(lambda: list(islice(left, _PIECE)), [])
    return _joined("[]", (_dumped(piece, indent=None) for piece in pieces))


def _joined(brackets: str, texts: Iterator[str]) -> Iterator[str]:
    """Yield objects or lists as one."""
    yield brackets[0]
    for n, text in enumerate(texts):
        yield "," + text[1:-1] if n else text[1:-1]
    yield brackets[1]


def _dumped(data: Json, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    text = json.dumps(data, indent=indent, separators=separators, ensure_ascii=True)
    if _SURROGATE.search(text):
        text = json.dumps(_whole(data), indent=indent, separators=separators, ensure_ascii=True)
    # GitHub's runner takes `##[name]` anywhere in a line for a command; as an escape it is the same text.
    return text.replace("##[", "#\\u0023[")


def _whole(value: Json) -> Json:
    """Replace halves of surrogate pairs, which a model's reply or a file name may hold and many readers refuse."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def as_data(report: Report, *, details: bool = False) -> dict[str, Json]:
    """Return the report as plain data in the contract's shape."""
    prompts = []
    for p in report.prompts:
        found = _prompt(p, {case: rounded(p.values[case]) for case in sorted(p.values)})
        prompts.append(found | ({"cases_detail": [detail_data(d) for d in p.cases_detail]} if details else {}))
    return _data(report, prompts)


def _data(report: Report, prompts: Sequence[Json]) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "command": report.command,
        "verdict": report.verdict,
        "prompts": list(prompts),
        "calls": report.calls,
        "cache_hits": report.cache_hits,
        "tokens": {"input": report.input_tokens, "output": report.output_tokens},
        "cost_usd": rounded(report.cost_usd),
        "wall_s": rounded(report.wall_s, 3),
        "run": report.run,
        "commit": report.commit,
        "base": report.base,
        "base_how": report.base_how,
        "seed": report.seed,
        "models": list(report.models),
        "unpriced_models": list(report.unpriced),
        "offline_model": report.offline,
        "notes": list(report.notes),
        "warnings": _reasons(report.warnings),
        "causes": [asdict(c) for c in report.causes],
        "choices": [asdict(c) for c in report.choices],
    }


def _prompt(prompt: PromptReport, values: Json) -> dict[str, Json]:
    """Return one prompt without its cases; `values` is what stands for their values."""
    found: dict[str, Json] = {f.name: getattr(prompt, f.name) for f in fields(prompt)}
    del found["search"], found["cases_detail"]
    for name in ("score", "baseline_score", "delta", "detectable_drop"):
        found[name] = rounded(found[name])
    for name in ("newly_failing", "newly_passing", "why", "flaky"):
        found[name] = list(found[name])
    found |= {
        "reasons": _reasons(prompt.reasons),
        "warnings": _reasons(prompt.warnings),
        "gates": [_gate(g) for g in prompt.gates],
        "base": None if prompt.base is None else asdict(prompt.base),
        "values": values,
        "measure": dict(prompt.measure),
        "clusters": dict(prompt.clusters),
        "ci": _interval(prompt.ci),
        "passed_of": prompt.passed_of and list(prompt.passed_of),
        "baseline_passed_of": prompt.baseline_passed_of and list(prompt.baseline_passed_of),
        "slices": [_share(s) for s in prompt.slices],
        "metrics": [_share(s) for s in prompt.metrics],
    }
    if prompt.search is not None:
        found |= _search(prompt.search)
    return found


def _reasons(reasons: Sequence[Reason]) -> list[Json]:
    return [{"kind": r.kind, "text": r.text} for r in reasons]


def _gate(gate: GateReport) -> dict[str, Json]:
    numbers = {name: rounded(number, 9) for name, number in gate.numbers.items()}
    said = {"name": gate.name, "verdict": gate.verdict, "reason": gate.reason, "kind": gate.kind}
    return {**said, "reasons": _reasons(gate.reasons), "numbers": numbers}


def _interval(ends: tuple[float, float] | None) -> Json:
    return None if ends is None else [rounded(end) for end in ends]


def _share(share: Share) -> dict[str, Json]:
    means = {name: rounded(getattr(share, name)) for name in ("score", "baseline_score", "delta")}
    return {"name": share.name, "cases": share.cases, **means, "ci": _interval(share.ci)}


def detail_data(detail: CaseDetail) -> dict[str, Json]:
    """Return a case's detail as plain data; fields that say nothing are left out, as there may be thousands."""
    known = zip(_DETAIL.items(), _values(detail), strict=True)
    found: dict[str, Json] = {name: value for (name, silent), value in known if value != silent}
    for name in ("old_value", "new_value"):
        if name in found:
            found[name] = round(found[name], 6)
    if detail.parts:
        found["parts"] = [asdict(part) for part in detail.parts]
    if detail.tags:
        found["tags"] = list(detail.tags)
    for name in TRACES & found.keys():
        found[name] = traces.reference(found[name])
    return found


def _search(search: Search) -> dict[str, Json]:
    found: dict[str, Any] = asdict(search)
    for name in ("overfit_gap", "overfit_se"):
        found[name] = rounded(found[name])
    for name in ("p_value", "level"):
        found[name] = rounded(found[name], 9)
    found["steps"] = [{n: rounded(v) for n, v in step.items()} for step in found["steps"]]
    return {name: _flat(value) for name, value in found.items()}


def _flat(value: Json) -> Json:
    """Tuples become lists, so that what is written equals what is read back."""
    if isinstance(value, dict):
        return {name: _flat(item) for name, item in value.items()}
    return [_flat(item) for item in value] if isinstance(value, list | tuple) else value

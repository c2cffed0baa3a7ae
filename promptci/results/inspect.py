"""inspect_ai's logs: `.eval` (a zip of JSON files) and `.json`; one suite a scorer.

Fields as in inspect_ai's EvalLog (inspect.aisi.org.uk/reference/inspect_ai.log). Samples that the log announces and
does not have were not measured.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib import import_module

from promptci.core import Json, digest
from promptci.errors import DataError
from promptci.results.base import Result, Shelf, Suite, is_share, plain, share

# inspect_ai's value_to_float: correct, partial, incorrect, no answer; and how people write yes and no.
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
MAX_UNPACKED = 2_000_000_000  # bytes
MOST_ANSWERS = 10_000_000  # samples in all epochs: what a log announces costs memory, whether it is there or not
_ZSTANDARD = 93  # how newer versions compress; Python's own zipfile reads it from 3.14 on
_HINT = "write it as JSON: inspect log convert --to json --output-dir DIR LOG"


def unzipped(content: bytes, place: str) -> dict[str, Json]:
    """Return an `.eval` file as the JSON log has it. Raises DataError for one that cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(entry.compress_type == _ZSTANDARD for entry in archive.infolist()):
                _learn_zstandard(place)
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise DataError(f"larger than {MAX_UNPACKED // 10**9} GB when unpacked", place=place)
            names = archive.namelist()
            head = "header.json" if "header.json" in names else "_journal/start.json"
            log: dict[str, Json] = _member(archive, head)
            samples = sorted(n for n in names if n.startswith("samples/") and n.endswith(".json"))
            return {**log, "samples": [_member(archive, name) for name in samples]}
    except (ValueError, NotImplementedError, zipfile.BadZipFile) as problem:
        raise DataError(f"no inspect log: {problem}", place=place, hint=_HINT) from None


def _member(archive: zipfile.ZipFile, name: str) -> Json:
    try:
        return json.loads(archive.read(name))
    except Exception as problem:  # each way to pack has errors of its own for what is damaged
        raise zipfile.BadZipFile(str(problem)) from None


def _learn_zstandard(place: str) -> None:
    """Teach zipfile the compression of newer logs. Raises DataError without the package for it."""
    try:
        zipfile.ZipFile(io.BytesIO(), "w", _ZSTANDARD).close()
    except NotImplementedError:
        try:
            import_module("zipfile_zstd")  # inspect_ai's own package for it: it adds the method to zipfile
        except ImportError:
            hint = "pip install 'promptci-gate[inspect]'"
            raise DataError("the log is compressed with zstandard", place=place, hint=hint) from None


def is_log(found: Json) -> bool:
    """Whether it is a log as JSON."""
    return isinstance(found, dict) and isinstance(found.get("eval"), dict) and "status" in found


def suites(log: Mapping[str, Json], place: str) -> tuple[Suite, ...]:
    """Return one suite for each scorer, or for each value of one that gives several by name.

    One whose values are no shares in some sample is left out. Raises DataError when none is left.
    """
    about = log["eval"]
    shelf = Shelf("inspect")
    samples = [(sample, _scores(sample)) for sample in log.get("samples") or []]
    told = sorted({name for _, scores in samples for name in scores}) or [""]  # none was scored
    names = [name for name in told if all(is_share(scores.get(name)) for _, scores in samples)] or told
    shelf.left += [f"{name} (not between 0 and 1)" for name in told if name not in names]
    lost = list(_lost(about, [sample for sample, _ in samples]))
    for name in names:
        suite = str(about.get("task", "task")) + (f" / {name}" if len(told) > 1 else "")
        for result in (*(_result(s, name, scores.get(name), place) for s, scores in samples), *lost):
            shelf.put(suite, result, str(about.get("model", "")))
    return shelf.suites(place)


def _scores(sample: Mapping[str, Json]) -> dict[str, Json]:
    """A sample's values by scorer; those of a scorer that gives several as `scorer / name`."""
    found: dict[str, Json] = {}
    for scorer, score in (sample.get("scores") or {}).items():
        value = score.get("value")
        found |= {f"{scorer} / {k}": v for k, v in value.items()} if isinstance(value, dict) else {scorer: value}
    return {name: _number(value) for name, value in found.items()}


def _result(sample: Mapping[str, Json], scorer: str, value: Json, place: str) -> Result:
    broken = _broken(sample)
    scored = None if broken else share(value, place, f"sample {sample.get('id')}, {scorer}")
    answer = ((sample.get("scores") or {}).get(scorer) or {}).get("answer")
    return Result(
        id=f"sample {sample.get('id')}",
        value=scored,
        content=_content(sample),
        yardstick=scorer,
        reason=(broken or "the scorer gave no score") if scored is None else None,
        input=_asked(sample.get("input")),
        expected=plain(sample.get("target")),
        output=plain((sample.get("output") or {}).get("completion") or answer or ""),
    )


def _broken(sample: Mapping[str, Json]) -> str | None:
    """Why a sample's scores do not count: it broke, or somebody marked it as invalid."""
    if error := sample.get("error"):
        return str(error.get("message") if isinstance(error, dict) else error)
    marked = sample.get("invalidation")
    return f"marked as invalid: {marked.get('reason') or 'no reason given'}" if isinstance(marked, dict) else None


def _content(sample: Mapping[str, Json]) -> str:
    return digest([_words(sample.get("input")), sample.get("target"), sample.get("choices")])


def _words(asked: Json) -> Json:
    """What was asked without the ids that each run draws for its messages."""
    if not isinstance(asked, list):
        return asked
    return [[m.get("role"), m.get("content")] if isinstance(m, dict) else m for m in asked]


def _asked(asked: Json) -> str:
    """The input as people read it: of a chat its texts, and all of it where there is more than text."""
    texts = [m.get("content") if isinstance(m, dict) else m for m in asked] if isinstance(asked, list) else [asked]
    said = [text for text in texts if isinstance(text, str)]
    return "\n".join(said) if len(said) == len(texts) else plain(_words(asked))


def _number(value: Json) -> Json:
    """A grade as the number that it stands for; what stands for none stays."""
    if isinstance(value, str):
        known = _GRADES.get(value, _GRADES.get(value.lower()))
        if known is not None:
            return known
        with contextlib.suppress(ValueError):
            return float(value)
    return value


def _lost(about: Mapping[str, Json], samples: list[Json]) -> Iterator[Result]:
    """Samples that were to be run and are not in the log."""
    ran = {(str(s.get("id")), s.get("epoch", 1)) for s in samples}
    content = {str(s.get("id")): _content(s) for s in samples}
    epochs = (about.get("config") or {}).get("epochs") or 1
    announced = (about.get("dataset") or {}).get("sample_ids") or []
    if len(announced) * epochs > MOST_ANSWERS:
        raise ValueError(f"{len(announced)} samples in {str(epochs)[:20]} epochs")
    for name in announced:
        for epoch in range(1, epochs + 1):
            if (str(name), epoch) not in ran:
                known = content.get(str(name), "")
                yield Result(f"sample {name}", None, content=known, reason="the run ended before this sample")

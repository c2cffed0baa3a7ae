"""`promptci cache` and `promptci runs`: what is kept beside promptci.yaml, and getting rid of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from promptci.errors import DataError, UsageError
from promptci.models.cache import Cache
from promptci.project.project import locate
from promptci.records.files import own_directory
from promptci.records.runs import run_named
from promptci.report.base import Report
from promptci.report.layout import table
from promptci.report.read import read
from promptci.run.options import Options


def cache_size(options: Options) -> str:
    """Say how many answers are kept and how much room they take."""
    cache = _cache(options)
    size = cache.size()
    cache.close()
    return f"{size.answers:,} answers, {size.bytes / 1e6:.1f} MB in {cache.path}"


def cache_clear(options: Options) -> str:
    """Forget every answer; each would have to be paid for again."""
    cache = _cache(options)
    count = cache.clear()
    cache.close()
    return f"{count:,} answers removed"


def cache_export(options: Options, path: Path) -> str:
    """Write every answer into one file, for replay where there is no key. Raises UsageError for a bad place."""
    cache = _cache(options)
    try:
        count = cache.export(path)
    except OSError as problem:
        raise UsageError(f"cannot be written: {problem.strerror}", place=str(path)) from None
    finally:
        cache.close()
    return f"{count:,} answers written to {path}"


def cache_import(options: Options, path: Path) -> str:
    """Take in what `cache_export` wrote. Raises DataError when there is no such file."""
    cache = _cache(options)
    try:
        count = cache.load(path)
    except OSError as problem:
        raise DataError(f"cannot be read: {problem.strerror}", place=str(path)) from None
    finally:
        cache.close()
    return "\n".join([f"{count:,} answers taken in", *cache.notes])


def runs(options: Options) -> list[str]:
    """Return a table of the runs, the newest first; a run without a report was interrupted and can be resumed."""
    found = sorted((p for p in _runs(options).iterdir() if p.is_dir()), reverse=True)
    return table([_HEAD, *(row for path in found for row in _rows(path))], left=4) if found else ["no run yet"]


def show_run(options: Options, run: str) -> Report:
    """Return the report of one run. Raises UsageError for an unknown one and for one that was interrupted."""
    path = _run(options, run)
    if not (path / "report.json").exists():
        raise UsageError(f"the run '{run}' was interrupted", hint=f"go on with it: --resume {run}")
    return read(path / "report.json")


def record(options: Options, given: Path) -> Path:
    """Return the report file that `given` names: a file, a run's directory, or a run's id. Raises UsageError."""
    if given.is_dir():
        return given / "report.json"
    return given if given.exists() or given.parent != Path() else _run(options, str(given)) / "report.json"


def remove_run(options: Options, run: str) -> str:
    """Remove one run's records; its answers stay in the cache."""
    shutil.rmtree(_run(options, run))
    return f"{run} removed"


_HEAD = ("run", "command", "prompt", "verdict", "score", "calls", "cost", "commit", "base")


def _rows(path: Path) -> list[tuple[str, ...]]:
    """Return a row for each prompt of a run; what the whole run has in common stands in the first."""
    try:
        report = read(path / "report.json")
    except DataError:
        return [(path.name, "interrupted; go on with --resume", *[""] * (len(_HEAD) - 2))]
    cost = f"{report.cost_usd:,.2f} USD"
    run = (f"{report.calls:,}", cost, (report.commit or "")[:7], (report.base or "")[:7])
    if not report.prompts:
        return [(path.name, report.command, "nothing changed", report.verdict, "", *run)]
    rows = [(p.id, p.verdict, "" if p.score is None else f"{100 * p.score:.1f} %") for p in report.prompts]
    first, *more = rows
    return [(path.name, report.command, *first, *run), *(("", "", *row, *[""] * len(run)) for row in more)]


def _run(options: Options, run: str) -> Path:
    return run_named(_runs(options), run)


def _runs(options: Options) -> Path:
    return own_directory(locate(options.config, Path()).directory / ".promptci" / "runs")


def _cache(options: Options) -> Cache:
    place = own_directory(locate(options.config, Path()).directory / ".promptci" / "cache")
    return Cache(place / "answers.sqlite")

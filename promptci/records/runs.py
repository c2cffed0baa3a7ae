"""Which run a name means: its id, the beginning of its id, or `last`."""

from __future__ import annotations

from pathlib import Path

from promptci.errors import UsageError

LAST = "last"


def run_named(runs: Path, name: str) -> Path:
    """Return the directory of the run that `name` means. Ids begin with the time, so the last sorts last.

    Raises UsageError for a name that means no run, or several.
    """
    found = sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []
    if name == LAST and found:
        return found[-1]
    fitting = [path for path in found if path.name == name] or [p for p in found if name and p.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(path.name for path in fitting[:5])
        raise UsageError(
            f"'{name}' begins the names of {len(fitting)} runs", place=str(runs), hint=f"among them {names}"
        )
    hint = "`promptci runs` lists them" if found else "there is none yet: run `promptci check`"
    raise UsageError(f"no run '{name}'", place=str(runs), hint=hint)

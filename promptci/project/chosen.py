"""Which text a search rewrites: a prompt's own, or one text of one of a program's files."""

from __future__ import annotations

from dataclasses import replace

from promptci.errors import DataError, UsageError
from promptci.project.side import Side
from promptci.prompts import read_prompt, split_selector
from promptci.targets.model import ProgramSpec
from promptci.untrusted import one_line

HINT = "name one text of one file: --file tools.json::0.description, or `rewrite:` in the settings"


def as_searched(side: Side, wanted: str | None = None) -> Side:
    """Return the side as a search sees it.

    Of a program `wanted` chooses the file, and what in it (`tools.json::0.description`); without it `rewrite` of the
    settings does, or the first file under test. Raises UsageError for a file that is not under test, or for any where
    the prompt is no program; DataError where the file has no such text.
    """
    settings = side.settings
    if not isinstance(side.spec, ProgramSpec) or not settings.files:
        if wanted is not None:
            raise UsageError(f"'{settings.id}' is no program, so it has one file alone", hint="leave out --file")
        return side
    chosen = wanted or str(settings.rewrite or settings.files[0])
    path = split_selector(chosen)[0]
    if path not in settings.files:
        problem = f"'{one_line(path)}' is not under test in '{settings.id}'"
        raise UsageError(problem, hint=f"under test are: {', '.join(settings.files)}")
    content = side.files[path]
    try:
        prompt = read_prompt(settings.id, chosen, content, style="none")
    except DataError as problem:
        hint = problem.hint if "::" in chosen else HINT
        raise DataError(problem.problem, place=problem.place, hint=hint) from None
    own = settings.model_copy(update={"file": chosen, "rewrite": None})
    return replace(side, settings=own, prompt=prompt, content=content)

"""What every section of the settings is made of: its base class, its kinds of values, and how it refuses one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from promptci.core import is_inside

FILE = "promptci.yaml"

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(gt=0)]
Word = Annotated[str, StringConstraints(min_length=1)]


WORDED = {
    "id": "letters, digits, '_', '-' and single dots, at most 100, a letter or digit first",
    "api_key_env": "the name of the environment variable that holds the key, never the key itself",
    "base_url": "an address that begins with http:// or https:// and holds no user or key",
}  # what a value must be whose pattern says it to nobody


class Settings(BaseModel):
    """Base of every section: frozen, and a key that is not known is a mistake."""

    # Built when it is used: the whole file's validator has the sections' in it, and theirs alone nobody calls. So a
    # section that is left out is `model_construct()`: its defaults, for which no validator is built.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def mistake(problem: str, hint: str | None = None, at: Sequence[int | str] = ()) -> PydanticCustomError:
    """Return what a validator raises: a whole sentence, its mend, and where it is below the validated section."""
    return PydanticCustomError("mistake", "{problem}", {"problem": problem, "hint": hint, "at": tuple(at)})


def guess(given: str, known: Iterable[str]) -> str:
    """Return a hint: the known name that `given` is closest to, if there is one, and all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1)
    return f"did you mean '{close[0]}'? known: {', '.join(names)}" if close else f"known: {', '.join(names)}"


def path_inside(given: str, at: Sequence[int | str] = ()) -> str:
    """Return a path in its shortest form; refuse one that leads out of the repository or into `.git`."""
    if not is_inside(given):
        hint = "write it from promptci.yaml on, with '/'"
        raise mistake(f"{given!r} is not a path inside the repository", hint, at=at)
    return str(PurePosixPath(given))

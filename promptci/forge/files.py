"""Files of a local forge: one writer at a time, front matter of JSON values, each written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from promptci.core import Json
from promptci.errors import ForgeError

_FRONT = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_LARGEST = 5_000_000  # bytes


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold `directory`, made when it is first needed, for one writer; ends with the process, however that ends.

    ForgeError when it cannot be written.
    """
    import fcntl  # not on Windows, and not needed to import this module

    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise ForgeError(f"cannot be written: {error.strerror}", place=str(directory)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise ForgeError(f"cannot be written: {error.strerror}", place=str(directory)) from error
    finally:
        os.close(handle)


def joined(front: Mapping[str, Json], body: str) -> bytes:
    """Return a file of front matter, one JSON value on each line, and a Markdown body."""
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items())  # JSON is YAML, and on one line
    text = body.replace("\r\n", "\n").rstrip()
    return f"---\n{head}---\n\n{text}\n".encode("utf-8", "replace")


def parted(path: Path) -> tuple[dict[str, Json], str]:
    """Return front matter and body; ForgeError with its line when a person left no JSON there."""
    if path.stat().st_size > _LARGEST:
        raise ForgeError(f"larger than {_LARGEST // 1_000_000} MB", place=str(path))
    text = path.read_text(encoding="utf-8", errors="replace")
    found = _FRONT.match(text)
    front: dict[str, Json] = {}
    for number, line in enumerate(found[1].splitlines() if found else [], start=2):
        key, _, value = line.partition(": ")
        try:
            front[key] = json.loads(value)
        except ValueError as error:
            hint = 'values are JSON, such as state: "closed"'
            raise ForgeError("front matter cannot be read", place=f"{path}:{number}", hint=hint) from error
    return front, text[found.end() :].strip() if found else text.strip()


def written(path: Path, content: bytes) -> bool:
    """Write all of the file or nothing, also when interrupted; return whether that changed it."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True

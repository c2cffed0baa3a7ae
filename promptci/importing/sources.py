"""What a configuration of promptfoo's keeps in files (`file://...`): data by their ending, texts, pictures."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.errors import DataError
from promptci.importing.base import SCRIPTS, Draft, Read, beside

_DATA = (".yaml", ".yml", ".json")
_PICTURES: Mapping[str, str] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".gif": "gif",
    ".webp": "webp",
}
MAX_PICTURE = 5_000_000  # bytes; a row holds it, and each call sends it


class _UnreadError(Exception):
    """Why a file is not read, in words."""


def loaded(
    file: str, said: str, read: Read, draft: Draft, place: str, *, text: bool = False, bare: bool = False
) -> Any:
    """Return what `said` holds, a path as `file` writes it: data, its text, or a picture's address.

    With `text` data become JSON; `bare` pictures are their base64 alone. What cannot be read is left at `place`: ''.
    """
    path = beside(file, said)
    try:
        return _content(path, read(path), text=text, bare=bare)
    except _UnreadError as problem:
        draft.leave(place, f"'{said}': {problem}", "write the value into the row")
    except DataError as problem:
        draft.leave(place, f"'{said}': {problem.problem}", "write the value into the row")
    return ""


def _content(path: str, content: bytes | None, *, text: bool, bare: bool) -> Any:
    ending = PurePosixPath(path).suffix.lower()
    if content is None or ending in SCRIPTS:
        raise _UnreadError("no such file" if content is None else "it is made by a program")
    if ending in _PICTURES:
        if len(content) > MAX_PICTURE:
            raise _UnreadError(f"the picture is larger than {MAX_PICTURE // 1_000_000} MB")
        said = base64.b64encode(content).decode()
        return said if bare else f"data:image/{_PICTURES[ending]};base64,{said}"
    try:
        whole = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _UnreadError("it holds no text") from None
    if ending not in _DATA:
        return whole
    value = yamlfile.read(whole, path, error=DataError, aliases=True).value
    return json.dumps(value, ensure_ascii=False) if text else value


def with_settings(given: Any, file: str, read: Read, draft: Draft, place: str) -> Any:
    """Return a provider with each setting `file://...` read; one that cannot be read is left out."""
    if not isinstance(given, dict):
        return given
    if "id" not in given and given:  # {"openai:gpt-4.1": {config: ...}}
        name, inner = next(iter(given.items()))
        given = {"id": name, **(inner if isinstance(inner, dict) else {})}
    if not isinstance(config := given.get("config"), dict):
        return given
    read_in = {name: _setting(value, file, read, draft, place) for name, value in config.items()}
    return {**given, "config": {name: value for name, value in read_in.items() if value != ""}}


def _setting(value: Any, file: str, read: Read, draft: Draft, place: str) -> Any:
    refers = isinstance(value, str) and value.startswith("file://")
    return loaded(file, value, read, draft, place) if refers else value

"""What the change did to files: the prompt's diff, the first line it touched, and what several prompts share."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.project.changes import Planned
from promptci.report.base import Cause
from promptci.report.patch import patch


def prompt_diff(planned: Planned, prefix: str) -> tuple[str, int | None]:
    """Return the change of the prompt's file as a diff that git applies, and the first line of it that changed."""
    old, new = planned.old, planned.new
    if old is None or old.content == new.content:
        return "", None
    before, after = (content.decode("utf-8", "replace") for content in (old.content, new.content))
    return patch(prefix + new.path, before, after), first_line(before, after)


def first_line(before: str, after: str) -> int | None:
    """Return the number of the first line of `after` that is not `before`'s, from 1; the last one where it ends early.

    None when nothing changed.
    """
    if before == after:
        return None
    old, new = before.splitlines(), after.splitlines()
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return max(1, min(same + 1, len(new)))


def causes(planned: Sequence[Planned], prefix: str) -> tuple[Cause, ...]:
    """Return the changed partials that several of the prompts include: one change, seen in each of them."""
    found: dict[str, list[Planned]] = {}
    for one in planned:
        if one.old is None:
            continue
        for path, text in one.new.partials.texts.items():
            if one.old.partials.texts.get(path, "") != text:
                found.setdefault(path, []).append(one)
    several = {path: users for path, users in sorted(found.items()) if len({p.new.settings.id for p in users}) > 1}
    return tuple(_cause(path, prefix, users) for path, users in several.items())


def _cause(path: str, prefix: str, users: Sequence[Planned]) -> Cause:
    before = users[0].old.partials.texts.get(path, "") if users[0].old else ""
    line = first_line(before, users[0].new.partials.texts[path])
    return Cause(prefix + path, line, tuple(dict.fromkeys(one.new.settings.id for one in users)))

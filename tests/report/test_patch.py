from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.report.patch import patch

LINES = st.lists(st.sampled_from(["", "a", "b", "{{ x }}", "\x0c", "-", "+", "\\", "é\u2028", "c\r"]), max_size=8)


def applied(place: Path, path: str, before: str, diff: str) -> str:
    file = place / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before.encode())
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, cwd=place, input=diff.encode(), capture_output=True)
    assert done.returncode == 0, (diff, done.stderr)
    return file.read_bytes().decode()


@pytest.mark.parametrize(
    "path",
    ["p.md", "prompts/triage.md", "a b/c d.md", 'quote".md', "tab\tx.md", "größe/ü.md", "back\\slash.md", "日本.md"],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [("a\nb\n", "a\nc\n"), ("a", "a\n"), ("a\n", "a"), ("a\nb", "a\nb\nc"), ("", "x"), ("x\r\ny\r\n", "x\r\nz\r\n")],
    ids=["a line", "end comes", "end goes", "added behind no end", "from nothing", "carriage returns"],
)
def test_git_applies_it(path: str, before: str, after: str, tmp_path: Path) -> None:
    assert applied(tmp_path, path, before, patch(path, before, after)) == after


@settings(deadline=None, max_examples=40)
@given(LINES, LINES, st.booleans())
def test_git_applies_any_change(before: list[str], after: list[str], end: bool) -> None:
    import tempfile

    old, new = "\n".join(before) + "\n" * end, "\n".join(after)
    diff = patch("p.md", old, new)
    with tempfile.TemporaryDirectory() as place:
        assert (applied(Path(place), "p.md", old, diff) if diff else old) == new


def test_no_change_is_no_patch() -> None:
    assert patch("p.md", "a\n", "a\n") == ""

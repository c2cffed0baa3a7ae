"""Pull requests as Markdown files beside a local bare remote: `/x/origin.git` -> `/x/origin.pulls/0001-branch.md`.

Each file starts with front matter of JSON values: number, title, branch, base, state, draft, labels, and what else was
asked for. A person closes one by writing another state into it, "merged" say; the next change of that branch then gets
a new number. Beside it, `0001/comments/` holds our comments and `0001/remarks/NAME.md` what people named NAME say;
`checks/` holds verdicts on commits and `issues/` issues. Whoever can write these files may do everything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.base import (
    Access,
    Approval,
    Change,
    Check,
    Note,
    Operation,
    Place,
    Posted,
    Proposal,
    Remark,
    Request,
    State,
    titled,
)
from promptci.forge.files import joined, locked, parted, written
from promptci.forge.marks import sticky

_FILE = re.compile(r"(\d{4,})-.*\.md")


@dataclass(frozen=True, slots=True)
class LocalForge:
    """Writes into `directory`, which is made when it is first needed."""

    directory: Path

    @classmethod
    def at(cls, place: Place) -> LocalForge:
        """Return the forge beside the bare repository that the remote's URL (a path or file://) names."""
        remote = Path(place.remote_url.removeprefix("file://"))
        if not remote.is_dir():
            raise ForgeError(
                "no such directory", place=str(remote), hint="`git remote -v` shows where the remote should be"
            )
        return cls(remote.parent / f"{remote.name.removesuffix('.git')}.pulls")

    def propose(self, change: Change) -> Proposal:
        """Write the pull request of `change.branch`, or rewrite the open one in place under its number."""
        with locked(self.directory):
            ours = [(path, front) for path, front in self._all() if front.get("branch") == change.branch]
            found = next((path for path, front in ours if front.get("state") == "open"), None)
            old = next((p for p, front in ours if found is None and _is_declined(front, change.content)), None)
            if old is not None:
                note = Note(
                    "declined", f"#{_number(old)} proposed this, and people closed it: it is not offered again."
                )
                return Proposal("none", _number(old), old.as_uri(), change.branch, (note,), declined=True)
            number = self._last_number() + 1 if found is None else _number(found)
            path = found or self.directory / f"{number:04}-{_slug(change.branch)}.md"
            # labels that people put there stay, as they do at every forge
            there = parted(found)[0].get("labels") if found else None
            is_new = written(path, joined(_front(change, number, there or []), change.body))
        operation: Operation = "created" if found is None else "updated" if is_new else "none"
        return Proposal(operation, number, path.as_uri(), change.branch)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        """Return those whose branch starts with `prefix`, newest first; what is not open counts as closed."""
        if not self.directory.is_dir():
            return ()
        found = [_request(path, front) for path, front in self._all()]
        ours = [r for r in found if r.branch.startswith(prefix) and (r.state == "open") == (state == "open")]
        return tuple(reversed(ours))[:300]

    def close(self, number: int, reason: str) -> Proposal:
        """Write the state "closed" into it, that it was promptci, and why."""
        with locked(self.directory):
            path = self._path(number)
            front, body = parted(path)
            branch = str(front.get("branch", ""))
            if front.get("state") != "open":
                return Proposal("none", number, path.as_uri(), branch)
            written(path, joined({**front, "state": "closed", "closed_by": "promptci", "reason": reason}, body))
        return Proposal("closed", number, path.as_uri(), branch)

    def comment(self, number: int, body: str, *, marker: str, only_rewrite: bool = False) -> Posted:
        """Write `0001/comments/<marker>.md`."""
        sticky(marker)  # refuses what could lead elsewhere
        with locked(self.directory):
            self._path(number)
            place = self.directory / f"{number:04}" / "comments" / f"{marker}.md"
            return Posted("none", None) if only_rewrite and not place.is_file() else _posted(place, {}, body)

    def check(self, check: Check) -> Posted:
        """Write `checks/<commit>-<name>.md`."""
        front = {"commit": check.commit, "name": check.name, "conclusion": check.conclusion, "title": check.title}
        with locked(self.directory):
            name = f"{_slug(check.commit)}-{_slug(check.name)}.md"
            return _posted(self.directory / "checks" / name, front, check.summary)

    def access(self, user: str) -> Access:  # noqa: ARG002  # one right for all
        """Answer "write": whoever is here can write the files."""
        return "write"

    def remarks(self, number: int) -> tuple[Remark, ...]:
        """Return what lies in `0001/remarks/`: a file's name is its author's; front matter may say path and line."""
        self._path(number)
        found = []
        for path in sorted((self.directory / f"{number:04}" / "remarks").glob("*.md")):
            front, body = parted(path)
            where, line = front.get("path"), front.get("line")
            found.append(
                Remark(path.stem, "write", body, str(where) if where else None, line if isinstance(line, int) else None)
            )
        return tuple(found)

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:
        """Return that somebody here put `label` into the front matter."""
        front, _ = parted(self._path(number))
        return (Approval(label, "local", "write"),) if label in (front.get("labels") or []) else ()

    def vouched(self, commit: str) -> Approval | None:  # noqa: ARG002  # one right for all
        """Answer that somebody here made it: whoever can write the files can write the commits."""
        return Approval("", "local", "write")

    def issue(self, title: str, body: str, *, marker: str, labels: tuple[str, ...] = ()) -> Posted:
        """Write `issues/<marker>.md`; an issue that somebody closed is left and the next one numbered."""
        sticky(marker)
        front = {"title": titled(title), "state": "open", "labels": list(labels)}
        with locked(self.directory):
            for at in range(1, 10_000):
                path = self.directory / "issues" / (f"{marker}.md" if at == 1 else f"{marker}-{at}.md")
                if not path.is_file() or parted(path)[0].get("state") == "open":
                    return _posted(path, front, body)
        raise ForgeError("too many closed issues", place=str(self.directory / "issues"), hint="remove old ones")

    def signed(
        self,
        parent: str,  # noqa: ARG002  # nobody signs here
        files: Mapping[str, bytes],  # noqa: ARG002  # nobody signs here
        message: str,  # noqa: ARG002  # nobody signs here
        *,
        executable: Collection[str] = (),  # noqa: ARG002  # nobody signs here
    ) -> str | None:
        """Sign nothing."""
        return None

    def _all(self) -> Iterator[tuple[Path, dict[str, Json]]]:
        return ((path, parted(path)[0]) for path in self._files())

    def _files(self) -> list[Path]:
        return sorted((p for p in self.directory.iterdir() if _FILE.fullmatch(p.name) and p.is_file()), key=_number)

    def _path(self, number: int) -> Path:
        there = self._files() if self.directory.is_dir() else []
        found = next((path for path in there if _number(path) == number), None)
        if found is None:
            raise ForgeError(f"no pull request #{number}", place=str(self.directory))
        return found

    def _last_number(self) -> int:
        return max((_number(path) for path in self._files()), default=0)


def _posted(path: Path, front: Mapping[str, Json], body: str) -> Posted:
    is_there = path.is_file()
    is_new = written(path, joined(front, body))
    return Posted("created" if not is_there else "updated" if is_new else "none", path.as_uri())


def _is_declined(front: Mapping[str, Json], content: str) -> bool:
    by_people = front.get("state") == "closed" and front.get("closed_by") != "promptci"
    return bool(content) and front.get("content") == content and by_people


def _request(path: Path, front: Mapping[str, Json]) -> Request:
    known: dict[Json, State] = {"open": "open", "merged": "merged"}
    state = known.get(front.get("state"), "closed")
    labels = tuple(str(label) for label in front.get("labels") or [])
    return Request(
        _number(path), path.as_uri(), str(front.get("branch", "")), str(front.get("base", "")), state,
        str(front.get("title", "")), str(front.get("content", "")), front.get("draft") is True, labels,
        front.get("closed_by") == "promptci",
    )  # fmt: skip


def _number(path: Path) -> int:
    return int(path.name.split("-")[0])


def _slug(branch: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", branch)[:80].strip("-.") or "branch"


def _front(change: Change, number: int, there: list[Json]) -> dict[str, Json]:
    labels = list(dict.fromkeys([*change.labels, *map(str, there)]))
    front: dict[str, Json] = {
        "number": number, "title": titled(change.title), "branch": change.branch, "base": change.base, "state": "open",
        "draft": change.draft, "labels": labels,
    }  # fmt: skip
    more = {"reviewers": list(change.reviewers), "assignees": list(change.assignees), "content": change.content}
    return {**front, **{key: value for key, value in more.items() if value}}

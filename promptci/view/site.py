"""What each address of `promptci view` shows, from the runs on disk and the committed baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from promptci.commands.compare import compare
from promptci.commands.history import histories
from promptci.core import digest
from promptci.errors import DataError, PromptciError, UsageError
from promptci.project.project import Project
from promptci.records.files import write_atomically
from promptci.records.runs import run_named
from promptci.report.base import PromptReport, Report
from promptci.report.html import as_html
from promptci.report.read import read
from promptci.view import pages, parts
from promptci.view.labels import Grade, difference, labelled

_SHOWN = 500  # runs on the first page
Page = tuple[str, bool]  # HTML, and whether it is a report, which brings its own policy


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of one project. `token` is what a form must send back."""

    project: Project
    token: str
    _shelf: dict[Path, tuple[int, Report]] = field(default_factory=dict)

    def get(self, path: Sequence[str], query: Mapping[str, str]) -> Page:
        """Return the page at `path`. Raises UsageError for one that is not there, DataError for a damaged record."""
        match list(path):
            case []:
                return pages.runs(self._runs()), False
            case ["run", run]:
                return as_html(self._report(run)), True
            case ["compare"]:
                before, after = (run_named(self._place, query.get(n, "")) / "report.json" for n in ("a", "b"))
                return as_html(compare(before, after)), True
            case ["prompts"]:
                return pages.prompts(self._standing()), False
            case ["prompt", name]:
                (known,) = self.project.config.chosen([name])
                points = histories(self.project, [known.id])[known.id]
                found = list(self._of(name))
                searches = [one for one in found if one[2].search is not None]
                last = next(((run, p) for run, _, _ in found if (p := self._prompt(run, name)).cases_detail), None)
                return pages.prompt(name, points, searches, last), False
            case ["case", run, name, case]:
                detail = next((d for d in self._prompt(run, name).cases_detail if d.id == case), None)
                if detail is not None:
                    return pages.case(run, name, detail), False
            case ["label", run, name]:
                return pages.labels(run, name, self._prompt(run, name).cases_detail, self.token), False
        raise UsageError("no such page")

    def post(self, path: Sequence[str], form: Mapping[str, str]) -> Page:
        """Show what grades would change in the eval set; write it when that diff comes back confirmed.

        Raises UsageError for a form of another place, DataError when the file changed since its diff was shown.
        """
        match list(path):
            case ["label", run, name] if form.get("token") == self.token:
                return self._label(self._prompt(run, name), form), False
        raise UsageError("this form is not one of this page")

    def _label(self, prompt: PromptReport, form: Mapping[str, str]) -> str:
        (settings,) = self.project.config.chosen([prompt.id])
        answers = {d.id: d.new for d in prompt.cases_detail if d.new is not None}
        given = {
            k.removeprefix("grade:"): v for k, v in form.items() if k.startswith("grade:") and v in ("pass", "fail")
        }
        grades = {i: Grade(v, answers[i] or "") for i, v in given.items() if i in answers}
        before = self.project.at(None, settings.cases) or b""
        after = labelled(before, settings.cases, grades)
        seen = digest(before.decode())
        if form.get("seen") == seen:
            write_atomically(self.project.directory / settings.cases, after)
            return parts.page("Written", f"<p>{len(grades)} grades in {parts.text(settings.cases)}; commit it.</p>")
        if "seen" in form:
            raise DataError("changed since the diff was shown", place=settings.cases, hint="grade again")
        fields = [("seen", seen), *((f"grade:{i}", v) for i, v in given.items())]
        return pages.confirm(prompt.id, difference(before, after, settings.cases), self.token, fields)

    def _standing(self) -> list[tuple[str, str, PromptReport | None]]:
        """Every prompt of the settings: its id, its file or program, and what the newest run says of it."""
        newest = {p.id: p for _, report in reversed(self._runs()) if report for p in report.prompts}
        listed = ((p.id, p.file or " ".join(p.run or ())) for p in self.project.config.prompts)
        return [(name, place, newest.get(name)) for name, place in listed]

    @property
    def _place(self) -> Path:
        return self.project.directory / ".promptci" / "runs"

    def _runs(self) -> list[tuple[str, Report | None]]:
        found = sorted((p for p in self._place.glob("*") if p.is_dir()), reverse=True)[:_SHOWN]
        return [(path.name, self._listed(path / "report.json")) for path in found]

    def _listed(self, path: Path) -> Report | None:
        """Return a run's report without its cases, read once: a list of runs needs none, and there may be thousands.

        None while the run goes on, and for a report that cannot be read.
        """
        try:
            stamp = path.stat().st_mtime_ns
            if (kept := self._shelf.get(path)) is None or kept[0] != stamp:
                self._shelf[path] = kept = stamp, _light(read(path))
        except (
            OSError,
            PromptciError,
        ):  # the page lists it as running or interrupted; the others are shown all the same
            return None
        return kept[1]

    def _report(self, run: str) -> Report:
        return read(run_named(self._place, run) / "report.json")

    def _prompt(self, run: str, name: str) -> PromptReport:
        found = next((p for p in self._report(run).prompts if p.id == name), None)
        if found is None:
            raise UsageError(f"no prompt '{name}' in this run")
        return found

    def _of(self, name: str) -> Iterator[tuple[str, Report, PromptReport]]:
        """Every run at hand of this prompt, the newest first."""
        return ((run, report, p) for run, report in self._runs() if report for p in report.prompts if p.id == name)


def _light(report: Report) -> Report:
    return replace(report, prompts=tuple(replace(p, cases_detail=(), values={}) for p in report.prompts))

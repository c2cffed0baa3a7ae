"""What a CI run leaves where people and later steps look: annotations, job summary, outputs, a check run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from promptci.commands.events import Event
from promptci.core import VerdictName
from promptci.errors import ForgeError, GitError
from promptci.forge import forge_for
from promptci.forge.base import Check, Conclusion
from promptci.project.project import Project
from promptci.report.annotations import as_annotations
from promptci.report.base import Report
from promptci.report.markdown import as_markdown
from promptci.run.options import Options
from promptci.untrusted import one_line

_CONCLUSIONS: dict[VerdictName, Conclusion] = {"pass": "success", "fail": "failure"}


def publish(
    report: Report,
    project: Project,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    *,
    directories: Sequence[Path] = (),
    line: str = "",
) -> None:
    """Append the job summary and the step's outputs to GitHub's files, and print annotations for what failed.

    `line` says what was done and why; it stands above the summary. `directories` may have templates of their own.
    """
    if environ.get("GITHUB_ACTIONS") or environ.get("GITHUB_EVENT_NAME"):
        for each in as_annotations(report):
            say(each)
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        page = as_markdown(report, directories=directories, answers=project.config.report.answers) if report.run else ""
        _append(Path(summary), f"{_as_text(line)}\n\n{page}" if line else page)
    if output := environ.get("GITHUB_OUTPUT"):
        place = project.directory / ".promptci" / "runs" / report.run / "report.json" if report.run else None
        _append(Path(output), "".join(_assignment(k, v) for k, v in outputs(report, place).items()))


def _as_text(line: str) -> str:
    """Return a line that Markdown shows as it is: names in it are untrusted."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#!|~&@" else char for char in one_line(line, limit=500))


def outputs(report: Report, place: Path | None) -> dict[str, str]:
    """Return the step's outputs. With several prompts, scores are those of the one with the gravest verdict."""
    first = next((p for p in report.prompts if p.verdict == report.verdict), None)
    made = next((p.search.pull_request for p in report.prompts if p.search and p.search.pull_request.number), None)
    low, high = first.ci if first and first.ci else (None, None)
    values = {
        "verdict": report.verdict,
        "score": first.score if first else None,
        "baseline-score": first.baseline_score if first else None,
        "delta": first.delta if first else None,
        "ci-low": low,
        "ci-high": high,
        "calls": report.calls,
        "cache-hits": report.cache_hits,
        "cost-usd": round(report.cost_usd, 6),
        "pull-request-number": made.number if made else None,
        "pull-request-url": made.url if made else None,
        "pull-request-operation": made.operation if made else "none",
        "report-path": place and str(place),
    }
    return {k: "" if v is None else f"{v:.6g}" if isinstance(v, float) else str(v) for k, v in values.items()}


def shown_as_check(
    report: Report, project: Project, event: Event, environ: Mapping[str, str], options: Options
) -> list[str]:
    """Show the verdict beside the pull request's commit where we may. Returns what people should know of it.

    The token that lacks the right is the usual one: that is no news to anybody.
    """
    commit = event.text("pull_request", "head", "sha")
    if (
        event.name != "pull_request"
        or not commit
        or not (environ.get("GITHUB_TOKEN") or environ.get("GITLAB_TOKEN"))
        or options.replay
    ):
        return []
    name = f"promptci {project.prefix}".strip().rstrip("/")
    conclusion = _CONCLUSIONS.get(report.verdict, "neutral")
    title = f"{report.verdict}: {len(report.prompts)} of {len(project.config.prompts)} prompts measured"
    summary = as_markdown(report, answers=project.config.report.answers)
    try:
        forge = forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)
        posted = forge.check(Check(commit, name, conclusion, title, summary))
    except (ForgeError, GitError) as problem:
        return [f"no check run was made: {one_line(str(problem))}"]
    return [one_line(note) for note in posted.notes if getattr(note, "kind", "") != "permission"]


def _assignment(name: str, value: str) -> str:
    # The heredoc form with a delimiter nobody can guess: a value cannot end it and assign something else.
    end = f"promptci_{secrets.token_hex(12)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        hint = f"the runner named it; the report is kept: `promptci runs` lists it ({problem.strerror})"
        raise ForgeError("a file for the runner cannot be written", place=one_line(str(path)), hint=hint) from None

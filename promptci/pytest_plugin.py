"""`pytest --promptci`: a test for each prompt, failing with the cases that got worse. Imported by pytest alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from promptci.report.base import PromptReport

_SHOWN = 10  # cases below a failing prompt


class PromptError(AssertionError):
    """A prompt got worse, or could not be measured."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("promptci", "prompts in git")
    group.addoption("--promptci", action="store_true", help="Collect a test for each prompt of promptci.yaml.")
    group.addoption("--promptci-base", metavar="REV", help="Compare with this revision.")
    group.addoption("--promptci-all", action="store_true", help="Also score prompts that did not change.")
    group.addoption("--promptci-replay", action="store_true", help="Use stored answers only; nothing is sent.")
    group.addoption("--promptci-without-key", action="store_true", help="Do not skip where a model's key is not set.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take promptci.yaml."""
    if file_path.name == "promptci.yaml" and parent.config.getoption("--promptci"):
        return Prompts.from_parent(parent, path=file_path)
    return None


class Prompts(pytest.File):
    """The prompts of one promptci.yaml."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item a prompt; settings that cannot be read are an error of the collection."""
        from promptci.errors import PromptciError
        from promptci.project.project import locate

        try:
            project = locate(self.path, self.path.parent)
        except PromptciError as problem:
            raise self.CollectError(str(problem)) from None
        for settings in project.config.prompts:
            yield PromptItem.from_parent(self, name=settings.id)


class PromptItem(pytest.Item):
    """One prompt, checked as `promptci check ID` does."""

    def runtest(self) -> None:
        """Score the prompt and gate it. Skips without a key, and where nothing changed."""
        from promptci.commands.check import check
        from promptci.run.options import Options

        option = self.config.getoption
        if not option("--promptci-without-key") and not option("--promptci-replay"):
            _skip_without_key(self.path)
        chosen: dict[str, Any] = {"base": option("--promptci-base"), "everything": option("--promptci-all")}
        ids = [self.name]
        if not option("--promptci-all") and not _changed(self.path, self.name, option("--promptci-base")):
            pytest.skip("the prompt did not change; --promptci-all scores it all the same")
        options = Options(config=self.path, replay=bool(option("--promptci-replay")), quiet=True)
        (prompt,) = check(options, ids=ids, **chosen).prompts
        self.user_properties.append(("promptci-verdict", prompt.verdict))
        if prompt.score is not None:
            self.user_properties.append(("promptci-score", f"{prompt.score:.4f}"))
        if prompt.verdict in ("fail", "unmeasured"):
            raise PromptError("\n".join(told(prompt)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what people read: the report's words, without a traceback."""
        from promptci.errors import PromptciError

        if isinstance(excinfo.value, PromptError | PromptciError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the prompt is named."""
        return self.path, 0, f"promptci: {self.name}"


def told(prompt: PromptReport) -> list[str]:
    """Return a prompt's verdict, its reasons, and the cases that newly fail with both answers."""
    from promptci.report.base import told as said
    from promptci.report.cases import telling
    from promptci.report.terminal import case_lines
    from promptci.untrusted import one_line, shown

    lines = [f"{one_line(prompt.id)}: {prompt.verdict}", *(f"  {one_line(said(r), limit=500)}" for r in prompt.reasons)]
    for detail in telling(prompt, verbose=False, limit=_SHOWN):
        lines += ["", *case_lines(detail, 100)]
    if prompt.prompt_diff:
        lines += ["", shown(prompt.prompt_diff)]
    return lines


def _changed(path: Path, name: str, base: str | None) -> bool:
    """Whether the prompt, or what measures it, differs from the base."""
    from promptci.project.changes import plan
    from promptci.project.project import locate

    project = locate(path, path.parent)
    (planned,) = plan(project, project.repository.base(base), ids=[name])
    return planned.changed != "nothing"


def _skip_without_key(path: Path) -> None:
    from promptci.models import keys
    from promptci.models.secrets import key_of
    from promptci.project.models import called_specs
    from promptci.project.project import locate

    for spec in called_specs(locate(path, path.parent).config, searching=False):
        if keys.server(spec) != "offline" and not keys.local(spec) and key_of(spec) is None:
            pytest.skip(f"{spec.api_key_env} is not set; --promptci-without-key runs all the same")

"""One prompt with all that measures it, as one revision of the repository has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from promptci.config import FILE, Config, PromptSettings
from promptci.core import Case, Prompt, case_digest, digest
from promptci.errors import ConfigError, DataError
from promptci.evals import read_cases
from promptci.metrics.base import asks
from promptci.metrics.combined import Combined
from promptci.models.base import ModelSpec
from promptci.models.keys import server
from promptci.models.parameters import asked_with
from promptci.project.program import lines_of, program_at, tested, with_files, without
from promptci.project.project import Project
from promptci.prompts import decode, read_prompt, split_selector, write_prompt
from promptci.prompts.checks import refuse_unfillable, styled
from promptci.prompts.conversation import Conversation, compile_prompt
from promptci.prompts.partials import NO_PARTIALS, Partials, partials_of
from promptci.records.baseline import Measure
from promptci.scoring import Grading, Opponent
from promptci.targets.model import ProgramSpec
from promptci.targets.model import spec_of as asked_as
from promptci.untrusted import one_line


@dataclass(frozen=True)
class Side:
    """One prompt with all that measures it, as one revision has it. `content` is the prompt file's bytes.

    `spec` is the model as this prompt asks it: `configured`, what the settings say, under the prompt's own parameters.
    `against` is what its answers are compared with by metrics that do; None where there is nothing.
    """

    settings: PromptSettings
    prompt: Prompt
    template: Conversation
    content: bytes
    cases: Sequence[Case]
    grading: Grading
    spec: ModelSpec
    configured: ModelSpec
    partials: Partials
    against: Opponent | None = None

    def beside(self, old: Side) -> Side:
        """Return this side with `old`'s answers as those that its metrics compare with, where any does."""
        compares = self.grading.combined.needs.base_answer
        return replace(self, against=Opponent(old.template, old.spec)) if compares else self

    @property
    def path(self) -> str:
        """The prompt's file, without what is chosen in it."""
        return split_selector(self.settings.file)[0]

    @property
    def files(self) -> dict[str, bytes]:
        """The files whose texts are the prompt, with their contents: its own, or those of a program under test."""
        if isinstance(self.spec, ProgramSpec):
            return tested(self.settings, self.spec)
        return {self.path: self.written(self.prompt.template)}

    def with_text(self, text: str) -> Side:
        """Return the side with another rewritable text; a program's is written into the file it stands in.

        Raises DataError for a text that is malformed, or that the program's file cannot hold.
        """
        prompt = self.prompt.with_text(text)
        if isinstance(self.spec, ProgramSpec):
            return replace(self.with_files({self.path: self.written(text)}), prompt=prompt)
        return replace(self, prompt=prompt, template=self.template.with_text(text))

    def with_files(self, changed: Mapping[str, bytes]) -> Side:
        """Return a program's side with other contents of some files under test. TypeError for another side."""
        if not isinstance(self.spec, ProgramSpec):
            raise TypeError("only a program has several files under test")
        template, spec = with_files(self.settings, self.spec, changed)
        return replace(self, template=template, spec=spec)

    def without(self) -> Side:
        """Return the side without what the settings take away: a program's file, or all of the prompt's text.

        Raises DataError for a prompt with placeholders: without its text nobody is asked anything.
        """
        if isinstance(self.spec, ProgramSpec):
            return replace(self, spec=without(self.spec, str(self.settings.without)))
        if self.template.variables or self.template.optional:
            hint = "take `without` out of its settings: it is for skills and other texts that only instruct"
            raise DataError("its placeholders cannot be left out with its text", place=self.path, hint=hint)
        return replace(self, template=replace(self.template, prompt=replace(self.prompt, parts=())))

    def written(self, text: str, content: bytes | None = None) -> bytes:
        """Return the file's bytes, or `content`, with `text` as its rewritable text. Raises DataError."""
        before = self.content if content is None else content
        return write_prompt(self.settings.file, before, text, rewrite=self.settings.rewrite)

    @property
    def judge(self) -> str | None:
        """The hash of the judge model and its parameters; None when nobody is asked. Its prompt is the metric's."""
        if not asks(self.grading.metric):
            return None
        return digest([self.grading.judge.model, parameters_of(self.grading.judge)])

    def measure(self, answered: str) -> Measure:
        """Return what another run must share to be comparable; `answered` is the model that the server named."""
        return Measure(
            prompt=self.template.digest,
            cases=self._cases_digest,
            metric=digest(self.grading.version),
            judge=self.judge,
            model=self.spec.model,
            answered=answered,
            parameters=parameters_of(self.spec),
        )

    @cached_property
    def _cases_digest(self) -> str:
        return case_digest(self.cases)


def parameters_of(spec: ModelSpec) -> str:
    """Return the hash of everything that is sent along with the messages."""
    own = [dict(spec.parameters)] if spec.parameters else []
    return digest([spec.base_url, spec.temperature, spec.max_tokens, spec.seed, dict(spec.extra), *own])


def side(project: Project, config: Config, settings: PromptSettings, rev: str | None) -> Side:
    """Read one prompt and its eval set at `rev` (None: the working tree).

    Raises DataError for a missing or malformed file, and when a case lacks a variable that the prompt uses. In the
    working tree, what would only show in the middle of a run is refused too: a judge prompt that cannot grade, and, by
    ConfigError, a `must_pass` that names nothing.
    """
    if settings.run:
        return _program_side(project, config, settings, rev)
    content, rows = (
        _needed(project, rev, path, settings) for path in (split_selector(settings.file)[0], settings.cases)
    )
    prompt = read_prompt(settings.id, settings.file, content, rewrite=settings.rewrite, style=settings.template)
    cases = read_cases(settings.cases, rows)
    prompt = prompt if settings.template else styled(prompt, cases)
    partials = partials_of(prompt, lambda path: _text(project, rev, path))
    template = compile_prompt(prompt, partials)
    refuse_unfillable(template, cases, settings.cases)
    metric = settings.judged_by(
        lambda path: decode(_needed(project, rev, path, settings), path),
        cases,
        prompt.evaluators,
        prompt.parameters.get("response_format"),
    )
    if (
        rev is None
    ):  # the base's judge and gate are not asked for a verdict, and must not keep a change from mending them
        metric.refuse(cases, settings.cases)
        refuse_unnamed(settings, settings.gate.must_pass, cases)
    grading = _grading(config, settings, metric, cases)
    configured = settings.model.over(config.models.scorer_spec())
    chosen = settings.model.model is not None or "model" in config.models.scorer.model_fields_set
    spec = spec_of(prompt, configured, chosen=chosen)
    found = Side(settings, prompt, template, content, cases, grading, spec, configured, partials)
    if rev is None and settings.without:
        found.without()  # refused now, not in the middle of a run
    return found


def _program_side(project: Project, config: Config, settings: PromptSettings, rev: str | None) -> Side:
    """Read a program, the files of it that are under test, and its eval set."""
    found = program_at(project, config, settings, rev)
    own = {path: _needed(project, rev, path, settings) for path in settings.files or ()}
    template, content = lines_of(settings, found.code, own), own[settings.file]
    cases = read_cases(settings.cases, _needed(project, rev, settings.cases, settings))
    metric = settings.judged_by(lambda path: decode(_needed(project, rev, path, settings), path), cases)
    if rev is None:
        metric.refuse(cases, settings.cases)
        refuse_unnamed(settings, settings.gate.must_pass, cases)
    configured = settings.model.over(config.models.scorer_spec())
    spec = asked_as(found, configured)
    grading = _grading(config, settings, metric, cases)
    return Side(settings, template.prompt, template, content, cases, grading, spec, configured, NO_PARTIALS)


def spec_of(prompt: Prompt, configured: ModelSpec, *, chosen: bool = True) -> ModelSpec:
    """Return the model that answers `prompt`: its file's own parameters win over the settings.

    The price of the settings is that of the settings' model. A file names a model, never a server: where the settings
    choose the offline model, that one answers; where they choose none (`chosen` is False), ConfigError. Raises
    DataError for a parameter that it cannot set.
    """
    own = dict(prompt.parameters)
    name = own.pop("model", configured.model)
    if name != configured.model and server(configured) == "offline":
        if not chosen:
            problem = f"{prompt.path} asks the model '{one_line(str(name))}', and no server is named that has it"
            hint = "add models: {scorer: {model: ..., base_url: ..., api_key_env: ...}}, or {scorer: {model: offline}}"
            raise ConfigError(problem, place=FILE, hint=hint)
        name = configured.model
    spec = configured if name == configured.model else replace(configured, model=name, price=None)
    return asked_with(spec, own, prompt.path)


def _grading(config: Config, settings: PromptSettings, metric: Combined, cases: Sequence[Case]) -> Grading:
    """Put metrics and the models that they ask together. Raises ConfigError for a model that the settings lack."""
    needs, models = metric.needs, config.models
    named = {name: models.judges_spec(name) for name in models.judges}
    missing = next((j for part in metric.parts for j in getattr(part.metric, "judges", ()) if j not in named), None)
    if missing is not None:
        hint = f"add '{missing}' to models.judges"
        problem = f"a metric asks the judge '{missing}', which models.judges does not have"
        raise ConfigError(problem, place=FILE, hint=hint)
    if "embedder" in needs.models and models.embedder is None:
        hint = "add: models: {embedder: {model: ...}}"
        problem = "metric 'similarity' asks an embedding model, and the settings name none"
        raise ConfigError(problem, place=FILE, hint=hint)
    return Grading(
        metric,
        models.judge_spec(),
        embedder=models.embedder_spec(),
        extraction=settings.answer.extraction(),
        judges=named,
        labelled=tuple(case for case in cases if case.human is not None),
        floor=settings.judge.floor,
    )


def refuse_unnamed(settings: PromptSettings, must_pass: Sequence[str], cases: Sequence[Case]) -> None:
    """Raise ConfigError for a name in `must_pass` that no case has as its id or as a tag: such a gate is never shut."""
    wanted = set(must_pass)
    known = {name for c in cases for name in (c.id, *c.tags) if name in wanted} if wanted else wanted
    for name in must_pass:
        if name not in known:
            problem = f"'must_pass' of prompt '{settings.id}' names '{one_line(name)}', which is no case's id or tag"
            hint = f"give a case of {settings.cases} this tag, or take the name out of the gate"
            raise ConfigError(problem, place=FILE, hint=hint)


def _text(project: Project, rev: str | None, path: str) -> str | None:
    content = project.at(rev, path)
    return None if content is None else decode(content, path)


def _needed(project: Project, rev: str | None, path: str, settings: PromptSettings) -> bytes:
    content = project.at(rev, path)
    if content is None:
        hint = f"prompt '{settings.id}' in {project.config_name} names it"
        raise DataError("no such file", place=path, hint=hint)
    return content

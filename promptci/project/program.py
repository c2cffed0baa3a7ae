"""A prompt's program as one revision has it: the repository's files, without what would give answers away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from promptci.config import FILE, Config, PromptSettings
from promptci.core import Part, Prompt, digest
from promptci.errors import ConfigError
from promptci.project.project import Project
from promptci.prompts import decode
from promptci.records.files import STATE
from promptci.targets.model import CaseLines, ProgramSpec
from promptci.targets.program import LIMIT_S, Program, command_of
from promptci.untrusted import one_line


def program_at(project: Project, config: Config, settings: PromptSettings, rev: str | None) -> Program:
    """Return the program at `rev` (None: the working tree, new files included, ignored ones not).

    Our own state, the settings and the eval sets are left out: no program sees the expected answers. Where strangers'
    changes are measured, the working tree's program is that of `project.program_from`, with the tested files alone from
    the change. Raises ConfigError for a command that is not there.
    """
    command = command_of(settings.run or ())
    source = project.program_from if rev is None else rev
    files, executable = _at(project, source) if source else _here(project)
    own = {project.prefix + path: path for path in settings.files or ()}
    if rev is None and source is not None:
        changed = {full: project.at(None, path) for full, path in own.items()}
        files = {**files, **{full: content for full, content in changed.items() if content is not None}}
    hidden = {project.prefix + name for name in (project.config_name, *(p.cases for p in config.prompts))}
    kept = {p: c for p, c in files.items() if p not in hidden and not _ours(p, project.prefix)}
    if rev is None and shutil.which(command[0]) is None and project.prefix + command[0] not in kept:
        hint = "name a program that is installed, or a file from promptci.yaml on"
        raise ConfigError(f"'{one_line(command[0])}' of 'run' is not there", place=FILE, hint=hint)
    configured = settings.model.over(config.models.scorer_spec())
    return Program(
        command=command,
        files=kept,
        programs=executable,
        directory=project.prefix.rstrip("/"),
        environment=(configured.api_key_env,),
        limit_s=configured.deadline_s or LIMIT_S,
        code=digest([list(command), sorted((p, digest(c.hex())) for p, c in kept.items() if p not in own)])[:16],
    )


def _ours(path: str, prefix: str) -> bool:
    return path.startswith((f"{prefix}{STATE}/", ".github/"))


def _at(project: Project, rev: str) -> tuple[Mapping[str, bytes], frozenset[str]]:
    repository = project.repository
    found = repository.read_many(rev, repository.files(rev))
    return {path: content for path, content in found.items() if content is not None}, repository.executables(rev)


def _here(project: Project) -> tuple[Mapping[str, bytes], frozenset[str]]:
    """The working tree: links are left out, as they are of a commit."""
    repository = project.repository
    head = repository.head()
    names = {*(repository.files(head) if head else ()), *(repository.changed(head) if head else ())}
    places = {name: repository.root / name for name in sorted(names)}
    there = {name: place for name, place in places.items() if place.is_file() and not place.is_symlink()}
    executable = frozenset(name for name, place in there.items() if place.stat().st_mode & 0o100)
    return {name: repository.content(name, place.read_bytes()) for name, place in there.items()}, executable


def lines_of(settings: PromptSettings, code: str, tested: Mapping[str, bytes]) -> CaseLines:
    """Return what the program is sent; its digest is that of `code` and of the files under test.

    The first of them stands for the program where a prompt has its file.
    """
    first, *others = tested
    told = {"program": code, **{path: digest(decode(tested[path], path)) for path in others}}
    text = decode(tested[first], first)
    return CaseLines(Prompt(settings.id, first, (Part("system", text),), parameters=told, style="none"))


def with_files(
    settings: PromptSettings, spec: ProgramSpec, changed: Mapping[str, bytes]
) -> tuple[CaseLines, ProgramSpec]:
    """Return the program with other contents of some files under test, by their paths from promptci.yaml on."""
    other = spec.with_files({_from_top(spec, path): content for path, content in changed.items()})
    return lines_of(settings, other.program.code, tested(settings, other)), other


def without(spec: ProgramSpec, path: str) -> ProgramSpec:
    """Return the program without a file, by its path from promptci.yaml on."""
    return spec.without(_from_top(spec, path))


def tested(settings: PromptSettings, spec: ProgramSpec) -> dict[str, bytes]:
    """Return the files under test by their paths from promptci.yaml on, with their contents."""
    return {path: spec.program.files[_from_top(spec, path)] for path in settings.files or ()}


def _from_top(spec: ProgramSpec, path: str) -> str:
    return f"{spec.program.directory}/{path}" if spec.program.directory else path

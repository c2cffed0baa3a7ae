"""No promise without an effect: every setting, option, action input and documented command is read by something.

Settings are watched while small stories run: an attribute that nobody asks for is a key without an effect. Reading a
field by its name in the source would not do: half of the settings are called `model` or `id`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from promptci.cli import entry
from promptci.cli.group import cli
from promptci.cli.options import _FIELDS
from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.commands.publishing import publish
from promptci.config import Config, base
from promptci.config.base import Settings
from promptci.project.models import called_specs
from promptci.project.project import locate
from promptci.run.options import Options
from tests.conftest import CONFIG, START, Repo, cases
from tests.improve.test_hand_on import improving

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "promptci").rglob("*.py"))
# They go through every field to say which one changed; saying so is no effect of the field.
COMPARING = {"settings_changes", "_other", "__eq__", "__hash__", "<genexpr>", "<listcomp>"}
ALL_KEYS = CONFIG.replace(
    "prompts:",
    "pull_request: {when: promising, max_open: 3}\nreport: {answers: short}\nprompts:",
).replace(
    "say.jsonl}",
    "say.jsonl, metrics: [exact, contains], combine: all, answer: {first_line: true}, model: {temperature: 0, seed: 3, "
    "price: {input: 1, output: 1}}, gate: {min_score: 0.1, must_pass: [c0001], slices: true, max_length: 99}, "
    "target: 0.5}",
).replace("scripted, base_url", "scripted, price: {input: 1, output: 1}, base_url")  # fmt: skip


@contextmanager
def watched(seen: set[tuple[str, str]]) -> Iterator[None]:
    """Note (section, key) of every setting that is read, but by what checks or compares settings themselves."""
    plain = Settings.__getattribute__

    def noting(self: Settings, name: str) -> Any:
        if not name.startswith(("_", "model_")) and name in type(self).model_fields:
            caller = sys._getframe(1).f_code.co_name
            if caller not in COMPARING:
                seen.add((type(self).__name__, name))
        return plain(self, name)

    base.Settings.__getattribute__ = noting  # type: ignore[method-assign, assignment]  # for the time of the stories
    try:
        yield
    finally:
        del base.Settings.__getattribute__


def sections(top: type[Settings] = Config) -> Iterator[type[Settings]]:
    """Every section below `top`, each once or more often."""
    yield top
    for field in top.model_fields.values():
        for part in _classes(field.annotation):
            yield from sections(part)


def _classes(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _classes(part)


def unread(seen: set[tuple[str, str]], known: Iterator[type[Settings]]) -> set[tuple[str, str]]:
    """Return the (section, key) that nobody asked for."""
    return {(section.__name__, name) for section in known for name in section.model_fields} - seen


def test_every_setting_is_read(repo: Repo) -> None:
    repo.write("promptci.yaml", ALL_KEYS)
    repo.write("evals/say.jsonl", cases(80))
    repo.commit("Use every setting", push=True)
    repo.write("prompts/say.md", START.replace("Say", "Speak") + "\n")
    seen: set[tuple[str, str]] = set()
    with watched(seen):
        project = locate(repo.path / "promptci.yaml", repo.path)
        report = check(repo.options(), base="HEAD")
        publish(report, project, {"GITHUB_STEP_SUMMARY": str(repo.path / "summary.md")}, print)
        assert [prompt.wanted for prompt in project.config.prompts] == [0.5]  # what a push searches below
        called_specs(project.config, searching=True)
        repo.git("checkout", "-q", "prompts/say.md")
        (repo.path / "summary.md").unlink()
        repo.write("evals/say.jsonl", cases(240))
        repo.write("promptci.yaml", ALL_KEYS.replace("metrics: [exact, contains], combine: all", "metric: exact"))
        repo.commit("Use one metric", push=True)
        improving(repo)
        (found,) = optimize(repo.options(), mode="pr").prompts
        assert found.search is not None
        assert found.search.pull_request.operation == "created"
    assert unread(seen, sections()) == {*REFUSING, *ELSEWHERE}


# Read by the validator that refuses what it forbids, and by nothing else.
REFUSING = {("Config", "version")}
# Read in stories that need a world of their own: the tests that tell them.
ELSEWHERE = {
    ("PullRequestSettings", "when"): ("improve/test_hand_on.py", "when: promising"),
    ("PromptSettings", "files"): ("targets/test_check.py", "files: [prompt.md"),
    ("ExecutionSettings", "wait_minutes"): ("commands/test_in_batch.py", "wait_minutes: 0"),
    ("ExecutionSettings", "batch_price"): ("commands/test_in_batch.py", "batch_price: 0.25"),
    ("ExecutionSettings", "cached_input"): ("commands/test_in_batch.py", "cached_input: 0.01"),
    ("ExecutionSettings", "workers"): ("commands/test_in_ray.py", "workers: 2"),
}


@pytest.mark.parametrize(("file", "text"), ELSEWHERE.values())
def test_the_stories_told_elsewhere_are_there(file: str, text: str) -> None:
    assert text in (ROOT / "tests" / file).read_text(encoding="utf-8")


def test_a_setting_without_an_effect_is_noticed() -> None:
    class Planted(Settings):
        used: int = 1
        planted: int = 1

    seen: set[tuple[str, str]] = set()
    with watched(seen):
        assert Planted().used == 1
    assert unread(seen, iter([Planted])) == {("Planted", "planted")}


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        yield (*path, name), command


def names_used(callback: Callable[..., object]) -> set[str]:
    """The names that a command's function uses, and the texts in it: options that come as `rest["name"]`."""
    code = inspect.unwrap(callback.func if isinstance(callback, partial) else callback).__code__
    read = {*code.co_varnames[: code.co_argcount], *(c for c in code.co_consts if isinstance(c, str))}
    return read | set(_FIELDS) if "options_of" in code.co_names else read


def reads_of(source: str) -> set[str]:
    """The keys of `rest` that a file's code asks for."""
    found = ast.walk(ast.parse(source))
    keys = {n.slice.value for n in found if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant)}
    return {k for k in keys if isinstance(k, str)} | set(re.findall(r'rest\.get\("(\w+)"', source))


def test_every_option_is_read() -> None:
    assert entry.COMMANDS
    shared = set().union(*(reads_of(p.read_text(encoding="utf-8")) for p in (ROOT / "promptci/cli").glob("*.py")))
    for path, command in commands():
        assert command.callback is not None
        own = names_used(command.callback)
        for option in command.params:
            assert option.name in own | shared, f"promptci {' '.join(path)}: nothing reads {option.opts}"


def test_every_value_of_the_command_line_reaches_a_story() -> None:
    texts = {p: p.read_text(encoding="utf-8") for p in PACKAGE if "/cli/" not in str(p) and p.name != "options.py"}
    read = "\n".join([*texts.values(), (ROOT / "promptci/cli/ending.py").read_text(encoding="utf-8")])
    for name in {*Options.__dataclass_fields__, "mode"} - {"replay", "no_cache"}:
        assert re.search(rf"options\.{name}\b", read), name
    # These two are read as one.
    assert [Options(replay=True).mode, Options(no_cache=True).mode, Options().mode] == ["replay", "no_cache", "cache"]


@pytest.mark.parametrize("name", yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"])
def test_every_input_of_the_action_is_read(name: str) -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = re.findall(rf"^ *(\S+): \$\{{\{{ inputs\.{name} \}}\}}", text, re.MULTILINE)
    used += ["step" for _ in re.findall(rf"if: inputs\.{name}\b", text)]
    options = {e for _, c in commands() for p in c.params for e in ([p.envvar] if isinstance(p.envvar, str) else [])}
    code = "".join(p.read_text(encoding="utf-8") for p in PACKAGE)
    places = {"step", "working-directory", "python-version"}
    steps = text.split("\nruns:")[1]
    assert any(
        env in options
        or f'"{env}"' in code
        or env in places
        or f'exec "$RUNNER_TEMP/promptci/bin/promptci" "${env}"' in steps
        for env in used
    ), f"nothing reads the input {name}"


def test_every_command_is_documented_and_every_documented_command_is_there() -> None:
    known = {" ".join(path) for path, _ in commands()}
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for line in re.findall(r"promptci ((?:[a-z]+ ?){1,2})", _code(page.read_text(encoding="utf-8"))):
            words = line.split()
            assert words[0] in known, f"{page.name}: promptci {line}"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in known if " " not in name and f"promptci {name}" not in readme] == []


def _code(page: str) -> str:
    """What stands in code: spans and fenced blocks of a shell."""
    fenced = re.findall(r"^```(?:sh|console)\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"^ *(?:\$ )?(promptci .*)$", "\n".join(fenced), re.MULTILINE)
    spans = re.findall(r"`(promptci [^`]+)`", re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE))
    return "\n".join([*blocks, *spans])

"""A runner for composite actions, small and local: YAML, the expressions that ours uses, bash, and GitHub's files.

`uses` steps are not run; their outputs are given. What is written in an expression that this does not know is an error.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ACTION = Path(__file__).parents[2] / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def action() -> dict[str, Any]:
    loaded = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@dataclass
class Runner:
    """`temp` is RUNNER_TEMP, `workspace` the checkout, `path` the PATH of every step, `github` what names the event."""

    temp: Path
    workspace: Path
    path: str
    secrets: Mapping[str, str] = field(default_factory=lambda: {"github.token": "ghs_default"})
    step_outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    github: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    code: int = 0

    def run(self, given: Mapping[str, str]) -> dict[str, str]:
        """Run the action with these inputs until a step fails; return its outputs."""
        declared = action()
        inputs = {name: self._value(str(spec.get("default", "")), {}) for name, spec in declared["inputs"].items()}
        assert set(given) <= set(inputs)
        inputs |= given
        for step in declared["runs"]["steps"]:
            if "run" in step and self.code == 0:
                self._step(step, inputs)
        return {name: self._value(spec["value"], inputs) for name, spec in declared["outputs"].items()}

    def command(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> tuple[list[str], dict[str, str], Path]:
        """What a runner starts for a step: arguments, environment and directory."""
        assert step["shell"] == "bash"
        self.temp.mkdir(exist_ok=True)
        script = self.temp / "step.sh"
        script.write_text(self._value(step["run"], inputs), encoding="utf-8")
        env = {key: self._value(value, inputs) for key, value in step.get("env", {}).items()}
        files = {
            name: str(self.temp / name)
            for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for name in files.values():
            Path(name).write_text("")
        fixed = {
            "PATH": self.path,
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "CI": "true",
            **self.github,
        }
        where = self.workspace / self._value(step.get("working-directory", "."), inputs)
        return ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], {**env, **files, **fixed}, where

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> None:
        arguments, env, where = self.command(step, inputs)
        done = subprocess.run(
            arguments, env=env, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        self.log += done.stdout.decode(errors="replace")
        self.code = done.returncode
        self.step_outputs[step.get("id", "")] = _assignments((self.temp / "GITHUB_OUTPUT").read_text())
        assert (self.temp / "GITHUB_ENV").read_text() == ""
        assert (self.temp / "GITHUB_PATH").read_text() == ""

    def _value(self, text: str, inputs: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: self._evaluate(found[1], inputs), text)

    def _evaluate(self, expression: str, inputs: Mapping[str, str]) -> str:
        for part in expression.split(" || "):
            if quoted := re.fullmatch(r"'([^']*)'", part):
                return quoted[1]
            if name := re.fullmatch(r"inputs\.([\w-]+)", part):
                value = inputs[name[1]]
            elif output := re.fullmatch(r"steps\.([\w-]+)\.outputs\.([\w-]+)", part):
                value = self.step_outputs.get(output[1], {}).get(output[2], "")
            else:
                value = self.secrets[part]
            if value:
                return value
        return ""


def _assignments(text: str) -> dict[str, str]:
    """Read a GITHUB_OUTPUT file: name=value, or name<<END, lines, END."""
    outputs, lines = {}, iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if "<<" in name:
            name, _, end = line.partition("<<")
            kept: list[str] = []
            while (line := next(lines)) != end:
                kept.append(line)
            value = "\n".join(kept)
        else:
            assert equals
        outputs[name] = value
    return outputs

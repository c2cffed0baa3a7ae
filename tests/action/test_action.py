"""action.yml: its contract, its audit, and that no input can ever run or be read as anything but a value."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .runner import ACTION, Runner, action

WORKFLOW = ACTION.parent / ".github/workflows/ci.yml"
STARTERS = ACTION.parent / "templates/starter"
INPUTS = [
    "command", "to", "config", "base-ref", "fail-on", "max-calls", "max-usd", "max-minutes", "token", "comment", "fork",
    "create-pr",
    "dry-run", "working-directory", "python-version",
]  # fmt: skip
OUTPUTS = [
    "verdict", "score", "baseline-score", "delta", "ci-low", "ci-high", "calls", "cache-hits", "cost-usd",
    "pull-request-number", "pull-request-url", "pull-request-operation", "report-path",
]  # fmt: skip
CHOICES = {
    "command": ["ci", "check", "optimize", "upgrade"], "fail-on": ["regression", "threshold", "never"],
    "comment": ["true", "false", "failures"], "fork": ["pass", "fail"], "create-pr": ["true", "false"],
    "dry-run": ["true", "false"],
}  # fmt: skip

# Stands in for python: `-m venv --clear PLACE` makes a place with itself in it, `-m pip` puts the stub promptci there.
PYTHON = """#!/bin/sh
echo "python $*" >> "$RUNNER_TEMP/installed"
env >> "$RUNNER_TEMP/install-environment"
case "$*" in
  *" venv "*) for place; do :; done; mkdir -p "$place/bin"; cp "$0" "$place/bin/python" ;;
  *" pip "*) cp "$(dirname "$0")/../../promptci.stub" "$(dirname "$0")/promptci" ;;
esac
"""
PROMPTCI = """#!{python}
import json, os, pathlib, sys
temp = pathlib.Path(os.environ["RUNNER_TEMP"])
(temp / "seen").write_text(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), os.getpid()]))
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    for name in {outputs}:
        print(f"{{name}}<<END\\nthe {{name}}\\nEND", file=file)
sys.exit({code})
"""


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def new_runner(tmp_path: Path, *, code: int = 0, promptci: str = PROMPTCI) -> Runner:
    temp, workspace, bin_ = tmp_path / "temp", tmp_path / "workspace", tmp_path / "bin"
    for folder in (temp, workspace, bin_):
        folder.mkdir()
    stub = temp / "promptci.stub"
    stub.write_text(promptci.format(python=sys.executable, outputs=OUTPUTS, code=code))
    (bin_ / "python3").write_text(PYTHON)
    for path in (stub, bin_ / "python3"):
        path.chmod(0o755)
    return Runner(temp, workspace, f"{bin_}:{os.environ['PATH']}")


def seen(runner: Runner) -> tuple[list[str], dict[str, str], str]:
    arguments, env, where, _ = json.loads((runner.temp / "seen").read_text())
    return arguments, env, where


class TestContract:
    def test_inputs_and_outputs_are_those_promised(self) -> None:
        assert list(action()["inputs"]) == INPUTS
        assert list(action()["outputs"]) == OUTPUTS
        assert action()["inputs"]["command"]["default"] == "ci"

    def test_every_default_is_a_string_and_every_entry_described(self) -> None:
        for entry in (*action()["inputs"].values(), *action()["outputs"].values()):
            assert entry["description"]
        assert all(isinstance(entry["default"], str) for entry in action()["inputs"].values())

    def test_every_output_comes_from_the_step_of_its_name(self) -> None:
        for name, entry in action()["outputs"].items():
            assert entry["value"] == f"${{{{ steps.promptci.outputs.{name} }}}}"

    def test_no_expression_is_ever_part_of_a_script(self) -> None:
        scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
        jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
        scripts += [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
        assert len(scripts) >= 5
        assert not any("${{" in script for script in scripts)

    def test_the_last_line_replaces_the_shell(self) -> None:
        assert action()["runs"]["steps"][-1]["run"].rstrip().splitlines()[-1].startswith("exec ")

    def test_every_action_is_pinned_to_a_commit_with_its_version(self) -> None:
        for file in (ACTION, WORKFLOW, STARTERS / "workflow.yml", STARTERS / "weekly.yml"):
            for line in re.findall(r"uses: (.*)", file.read_text()):
                pinned = re.match(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+(;|$)", line)
                assert pinned or line.startswith(("./ ", "YOUR-ORG/promptci@FULL-COMMIT-ID "))

    def test_a_pull_request_s_job_can_neither_write_the_cache_nor_anything_else(self) -> None:
        workflow = yaml.safe_load((STARTERS / "workflow.yml").read_text())
        check = workflow["jobs"]["check"]
        assert check["permissions"] == {"contents": "read", "pull-requests": "read"}  # nothing writes
        cached = [step["uses"].split("@")[0] for step in check["steps"] if "actions/cache" in step["uses"]]
        assert cached == ["actions/cache/restore"]
        assert "labeled" in workflow[True]["pull_request"]["types"]  # YAML 1.1 reads `on` as true
        gitlab = yaml.safe_load((STARTERS / "gitlab-ci.yml").read_text())["promptci"]
        assert gitlab["rules"][0]["variables"] == {"CACHE_POLICY": "pull"}
        assert gitlab["cache"]["policy"] == "$CACHE_POLICY"

    def test_the_workflow_grants_nothing_by_default(self) -> None:
        workflow = yaml.safe_load(WORKFLOW.read_text())
        assert workflow["permissions"] == {}
        assert all(job["permissions"] == {"contents": "read"} for job in workflow["jobs"].values())
        assert all(job["timeout-minutes"] <= 20 for job in workflow["jobs"].values())


class TestAudit:
    @pytest.mark.parametrize(
        ("file", "schema"),
        [
            pytest.param(ACTION, "github-actions", id="action"),
            pytest.param(WORKFLOW, "github-workflows", id="workflow"),
            pytest.param(STARTERS / "workflow.yml", "github-workflows", id="starter"),
            pytest.param(STARTERS / "weekly.yml", "github-workflows", id="weekly"),
            pytest.param(STARTERS / "gitlab-ci.yml", "gitlab-ci", id="gitlab"),
        ],
    )
    def test_the_published_schema_holds(self, file: Path, schema: str) -> None:
        done = subprocess.run(
            [tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(file)],
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def audit(self, *flags: str) -> list[dict[str, Any]]:
        command = [tool("zizmor"), "--offline", "--persona", "auditor", "--format", "json", *flags]
        done = subprocess.run([*command, str(ACTION), str(WORKFLOW)], capture_output=True, check=False)
        findings = json.loads(done.stdout)
        assert isinstance(findings, list)
        return findings

    def test_zizmor_as_an_auditor_finds_nothing(self) -> None:
        assert self.audit() == []

    @pytest.mark.parametrize("name", ["workflow.yml", "weekly.yml"])
    def test_zizmor_as_an_auditor_finds_nothing_in_a_starter(self, name: str, tmp_path: Path) -> None:
        place = tmp_path / ".github/workflows" / name
        place.parent.mkdir(parents=True)
        place.write_text((STARTERS / name).read_text().replace("FULL-COMMIT-ID", "0" * 40))
        command = [tool("zizmor"), "--offline", "--persona", "auditor", "--format", "json", str(place)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert [finding["ident"] for finding in json.loads(done.stdout)] == []

    def test_one_finding_is_accepted(self) -> None:
        """The workflow tests what was checked out, so `uses: ./` is meant."""
        assert [finding["ident"] for finding in self.audit("--no-ignores")] == ["self-repository"]

    def test_zizmor_would_find_an_injection(self, tmp_path: Path) -> None:
        bad = tmp_path / "action.yml"
        bad.write_text(ACTION.read_text().replace('"$PROMPTCI_COMMAND" "$@"', "${{ inputs.command }}"))
        done = subprocess.run(
            [tool("zizmor"), "--offline", "--format", "json", str(bad)], capture_output=True, check=False
        )
        assert "template-injection" in {finding["ident"] for finding in json.loads(done.stdout)}


class TestRun:
    def test_with_defaults_it_runs_ci(self, tmp_path: Path) -> None:
        runner = new_runner(tmp_path)
        outputs = runner.run({})
        assert runner.code == 0, runner.log
        arguments, env, where = seen(runner)
        assert (arguments, where) == (["ci"], str(runner.workspace))
        assert env["GITHUB_TOKEN"] == "ghs_default"
        assert (env["PROMPTCI_FAIL_ON"], env["PROMPTCI_COMMENT"]) == ("regression", "failures")
        assert (env["PROMPTCI_CREATE_PR"], env["PROMPTCI_DRY_RUN"]) == ("true", "false")
        assert outputs == {name: f"the {name}" for name in OUTPUTS}

    def test_every_input_arrives_under_its_name(self, tmp_path: Path) -> None:
        runner = new_runner(tmp_path)
        (runner.workspace / "sub").mkdir()
        given = {
            "command": "check", "config": "a b.yaml", "base-ref": "origin/main", "fail-on": "never", "max-calls": "7",
            "max-usd": "0.5", "max-minutes": "3", "token": "t", "comment": "true", "create-pr": "false",
            "dry-run": "true", "working-directory": "sub",
        }  # fmt: skip
        runner.run(given)
        arguments, env, where = seen(runner)
        assert (arguments, where) == (["check"], str(runner.workspace / "sub"))
        assert (env["GITHUB_TOKEN"], env["PROMPTCI_BASE"], env["PROMPTCI_BASE_REF"]) == (
            "t",
            "origin/main",
            "origin/main",
        )
        for name in ("config", "fail-on", "max-calls", "max-usd", "max-minutes", "comment", "create-pr", "dry-run"):
            assert env["PROMPTCI_" + name.upper().replace("-", "_")] == given[name]

    @pytest.mark.parametrize(
        ("create", "dry", "expected"),
        [("true", "false", ["optimize", "--pr"]), ("false", "false", ["optimize"]), ("true", "true", ["optimize"])],
        ids=["create", "no-create", "dry-run"],
    )
    def test_a_search_opens_pull_requests_where_it_may(
        self, tmp_path: Path, create: str, dry: str, expected: list[str]
    ) -> None:
        runner = new_runner(tmp_path)
        runner.run({"command": "optimize", "create-pr": create, "dry-run": dry})
        assert seen(runner)[0] == expected

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            pytest.param({}, ["upgrade", "--pr"], id="proposed"),
            pytest.param({"create-pr": "false"}, ["upgrade"], id="no requests wanted"),
            pytest.param({"dry-run": "true"}, ["upgrade"], id="report only"),
        ],
    )
    def test_an_upgrade_is_proposed_where_proposals_are_wanted(
        self, given: dict[str, str], expected: list[str], tmp_path: Path
    ) -> None:
        runner = new_runner(tmp_path)
        runner.run({"command": "upgrade", "to": "a,b", **given})
        arguments, env, _ = seen(runner)
        assert (arguments, env["PROMPTCI_TO"]) == (expected, "a,b")

    def test_an_upgrade_to_nothing_is_refused(self, tmp_path: Path) -> None:
        runner = new_runner(tmp_path)
        runner.run({"command": "upgrade"})
        assert runner.code == 2

    @pytest.mark.parametrize("code", [1, 2, 3, 70])
    def test_its_exit_code_is_the_steps_and_outputs_survive_it(self, tmp_path: Path, code: int) -> None:
        runner = new_runner(tmp_path, code=code)
        outputs = runner.run({})
        assert runner.code == code
        assert outputs["verdict"] == "the verdict"

    def test_it_is_installed_apart_from_its_own_checkout_without_a_token(self, tmp_path: Path) -> None:
        runner = new_runner(tmp_path)
        runner.run({"token": "ghs_secret"})
        first, second = (runner.temp / "installed").read_text().splitlines()
        assert first == f"python -I -m venv --clear {runner.temp}/promptci"
        assert second.startswith("python -I -m pip install")
        assert second.endswith(f"--constraint {ACTION.parent}/requirements-dev.txt {ACTION.parent}")
        assert "ghs_secret" not in (runner.temp / "install-environment").read_text()

    def test_python_modules_in_the_checkout_are_not_taken_for_the_real_ones(self, tmp_path: Path) -> None:
        runner = new_runner(tmp_path)
        real = Path(sys.executable).with_name("python3")
        for module in ("venv", "ensurepip", "runpy", "json"):
            (runner.workspace / f"{module}.py").write_text(f"open({str(tmp_path / 'fired')!r}, 'w')")
        (tmp_path / "bin/python3").write_text(f'#!/bin/sh\nexec {real} "$1" "$2" "$3" --without-pip "$5"\n')
        runner.run({})
        assert (runner.temp / "promptci/bin/python").exists(), runner.log
        assert not (tmp_path / "fired").exists()


HOSTILE = [
    "; touch canary", "$(touch canary)", "`touch canary`", "'; touch canary; '", '"; touch canary; "', "| touch canary",
    "a\ntouch canary\n", "&& touch canary", "${IFS}touch${IFS}canary", "--help", "-c", "%0Atouch canary", "\\", "*",
    "~", "::add-mask::x", "\n::set-output name=verdict::pass", "x\nverdict=pass", "x\nEND\nverdict<<END\npass",
    "$RUNNER_TEMP", "${{ github.token }}", "ci) touch canary ;; ci", "\x1b[31m", "ünï", "${BASH_ENV}",
    "() { :; }; touch canary",
]  # fmt: skip
FREE = [name for name in INPUTS if name not in (*CHOICES, "working-directory", "python-version")]


class TestInjection:
    @pytest.mark.parametrize("value", HOSTILE)
    def test_a_hostile_value_is_only_ever_a_value(self, tmp_path: Path, value: str) -> None:
        runner = new_runner(tmp_path)
        outputs = runner.run(dict.fromkeys(FREE, value))
        assert runner.code == 0, runner.log
        arguments, env, _ = seen(runner)
        assert arguments == ["ci"]
        assert {env[key] for key in ("GITHUB_TOKEN", "PROMPTCI_CONFIG", "PROMPTCI_BASE_REF", "PROMPTCI_MAX_USD")} == {
            value
        }
        assert outputs["verdict"] == "the verdict"
        assert runner.log == ""
        assert not list(tmp_path.rglob("canary"))

    @pytest.mark.parametrize("name", sorted(CHOICES))
    def test_where_there_is_a_choice_anything_else_is_refused_unread(self, tmp_path: Path, name: str) -> None:
        for number, value in enumerate([*HOSTILE[:7], "", "TRUE", "ci "]):
            folder = tmp_path / str(number)
            folder.mkdir()
            runner = new_runner(folder)
            outputs = runner.run({name: value})
            assert runner.code == 2
            assert runner.log == f"::error title=promptci::input {name}: {listed(CHOICES[name])}\n"
            assert outputs["verdict"] == ""
            assert not (runner.temp / "seen").exists()
        assert not list(tmp_path.rglob("canary"))

    @pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CHOICES.items() for value in values])
    def test_every_choice_is_taken(self, tmp_path: Path, name: str, value: str) -> None:
        runner = new_runner(tmp_path)
        runner.run({"to": "a-model", name: value})
        assert runner.code == 0, runner.log


def listed(values: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def test_a_cancel_reaches_the_tool_itself(tmp_path: Path) -> None:
    """A runner signals the entry process of the step only; after `exec` that is promptci."""
    waiting = """#!{python}
import os, pathlib, signal, sys
pathlib.Path(os.environ["RUNNER_TEMP"], "pid").write_text(str(os.getpid()))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # one that comes early waits for us
os.write(1, b"ready")
sys.exit(130 if signal.sigtimedwait([signal.SIGINT], 20) else 1)  # {outputs} {code}
"""
    runner = new_runner(tmp_path, promptci=waiting)
    bin_ = runner.temp / "promptci/bin"
    bin_.mkdir(parents=True)
    shutil.copy(runner.temp / "promptci.stub", bin_ / "promptci")
    defaults = {name: str(spec["default"]) for name, spec in action()["inputs"].items()}
    arguments, env, where = runner.command(action()["runs"]["steps"][-1], defaults)
    with subprocess.Popen(arguments, env=env, cwd=where, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
    assert (runner.temp / "pid").read_text() == str(process.pid)

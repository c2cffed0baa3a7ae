"""The command line as a user runs it: real processes, exit codes, what is printed where, what is imported."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promptci.cli.ending import fails
from promptci.report.base import GateReport, PromptReport, Report
from tests.conftest import CONFIG, Repo, cases

OFFLINE = CONFIG.replace('{scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}', "{scorer: {model: offline}}")


def run(*args: str, cwd: Path, code: int, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run promptci in its own process and expect its exit code; a traceback is never a user's error."""
    command = [sys.executable, "-m", "promptci", *args]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **(env or {})})
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def offline(repo: Repo) -> Repo:
    """The repository, with the offline model in its pushed settings."""
    repo.write("promptci.yaml", OFFLINE)
    repo.commit("Use the offline model", push=True)
    repo.write("note.txt", "The commit before names no other host.\n")
    repo.commit("Note it", push=True)
    return repo


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "promptci", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert not imported & {"openai", "git", "jinja2", "pydantic", "rich", "yaml", "asyncio", "aiohttp", "httpx2"}


def test_every_command_is_in_the_help(tmp_path: Path) -> None:
    shown = run("--help", cwd=tmp_path, code=0).stdout
    for name in ("cache", "check", "ci", "compare", "demo", "init", "offline", "optimize", "power", "report", "runs"):
        assert re.search(rf"^  {name} ", shown, re.MULTILINE), name


COMMANDS = [
    (),
    *((name,) for name in ("check", "optimize", "ci", "compare", "power", "init", "demo", "runs", "report", "cache")),
    *(("cache", name) for name in ("size", "clear", "export", "import")),
    ("offline", "serve"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_a_terminal_of_80_columns(command: tuple[str, ...], tmp_path: Path) -> None:
    shown = run(*command, "--help", cwd=tmp_path, code=0, env={"COLUMNS": "300"}).stdout
    assert max(map(len, shown.splitlines())) <= 80


def test_what_a_check_fails_on_is_its_user_s_choice(offline: Repo) -> None:
    offline.write("prompts/say.md", "Answer with the word: wrong\n\nInput: {{ input }}\n")
    offline.write("promptci.yaml", OFFLINE.replace("say.jsonl}", "say.jsonl, gate: {min_score: 0.99}}"))
    codes = {"regression": 1, "threshold": 1, "never": 0}
    for fail_on, code in codes.items():
        done = run("check", "--json", cwd=offline.path, code=code, env={"PROMPTCI_FAIL_ON": fail_on})
        assert json.loads(done.stdout)["verdict"] == "fail"


def test_json_is_all_there_is_on_standard_output(offline: Repo) -> None:
    done = run("check", "--json", "--base", "HEAD", cwd=offline.path, code=0)
    report = json.loads(done.stdout)
    assert (report["schema"], report["command"], report["verdict"]) == ("promptci.report/2", "check", "pass")


def test_a_cached_check_imports_no_client(offline: Repo) -> None:
    run("check", "--all", "--base", "HEAD", cwd=offline.path, code=0)
    command = [sys.executable, "-X", "importtime", "-m", "promptci", "check", "--all", "--base", "HEAD", "--json"]
    done = subprocess.run(command, cwd=offline.path, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert json.loads(done.stdout)["calls"] == 0
    assert not imported & {"openai", "aiohttp", "httpx2", "asyncio", "promptci.models.offline.brain"}
    assert not imported & {"jinja2", "rich", "tomllib", "promptci.commands.requesting"}


def test_options_are_read_from_the_environment(offline: Repo) -> None:
    done = run("check", "--all", "--base", "HEAD", "--json", cwd=offline.path, code=3, env={"PROMPTCI_MAX_CALLS": "0"})
    assert json.loads(done.stdout)["verdict"] == "unmeasured"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(["check", "--max-calls", "-1"], 2, "max-calls", id="a-bad-option"),
        pytest.param(["chekc"], 2, "chekc", id="an-unknown-command"),
        pytest.param(["check", "sya"], 2, "did you mean 'say'", id="an-unknown-prompt"),
        pytest.param(["check", "--base", "nowhere"], 2, "nowhere", id="an-unknown-revision"),
        pytest.param(["check", "-c", "other.yaml"], 2, "other.yaml", id="no-such-settings"),
        pytest.param(["check", "--resume", "none"], 2, "none", id="no-such-run"),
        pytest.param(["compare", "a.json", "b.json"], 2, "a.json", id="no-such-report"),
        pytest.param(["optimize", "--strategy", "foo"], 2, "known: ape, bpo", id="an-unknown-strategy"),
        pytest.param(["optimize", "--estimate", "--strategy", "mxi"], 2, "did you mean 'mix'", id="that-is-estimated"),
        pytest.param(["check", "--dry-run", "--json"], 2, "leave out --json", id="a-forecast-as-a-report"),
        pytest.param(["explain", "--dry-run", "-o", "x.md"], 2, "leave out --json", id="a-forecast-in-a-file"),
        pytest.param(["optimize", "--pr", "--write"], 2, "exclude each other", id="two-modes"),
        pytest.param(["check", "-o", "x.pdf"], 2, "x.pdf", id="an-ending-nobody-writes"),
        pytest.param(["ci"], 2, "promptci check", id="no-ci-event"),
        pytest.param(["check", "--all", "--base", "HEAD"], 3, "OPENAI_API_KEY", id="no-key"),
    ],
)
def test_what_a_user_can_mend_is_one_message(args: list[str], code: int, said: str, repo: Repo) -> None:
    repo.write("promptci.yaml", OFFLINE.replace("model: offline", "model: gpt-4.1-mini"))
    repo.commit("Use a server that wants a key", push=True)
    repo.write("note.txt", "Settings that the last commit changed would be compared with those before it.\n")
    repo.commit("Note it", push=True)
    done = run(*args, cwd=repo.path, code=code)
    assert said in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("line", "place"),
    [
        pytest.param("unknown: 1", "promptci.yaml:7: unknown key 'unknown'", id="unknown-key"),
        pytest.param("version: 1", "promptci.yaml:7: duplicate key 'version'", id="duplicate-key"),
    ],
)
def test_a_mistake_in_the_settings_has_its_line(line: str, place: str, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG + line + "\n")
    done = run("check", cwd=repo.path, code=2)
    assert place in done.stderr


def test_without_settings_it_says_how_to_begin(tmp_path: Path, repo: Repo) -> None:
    repo.git("rm", "--quiet", "promptci.yaml")
    assert "promptci init" in run("check", cwd=repo.path, code=2).stderr
    assert "not a git repository" in run("check", cwd=tmp_path, code=2).stderr


def test_a_shallow_clone_is_told_what_to_fetch(repo: Repo, tmp_path: Path) -> None:
    origin = (tmp_path / "origin.git").as_uri()
    subprocess.run(["git", "clone", "-q", "--depth", "1", origin, str(tmp_path / "shallow")], check=True)
    assert "fetch-depth: 0" in run("check", cwd=tmp_path / "shallow", code=2).stderr


SHELLS = {"bash": ("promptci che", "1"), "zsh": ("promptci che", "1"), "fish": ("promptci che", "che")}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands(shell: str, tmp_path: Path) -> None:
    words, word = SHELLS[shell]
    asked = {"_PROMPTCI_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": word}
    shown = run(cwd=tmp_path, code=0, env=asked).stdout
    assert "check" in shown
    assert "optimize" not in shown


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str, tmp_path: Path) -> None:
    shown = run(cwd=tmp_path, code=0, env={"_PROMPTCI_COMPLETE": f"{shell}_source"}).stdout
    assert f"_PROMPTCI_COMPLETE={shell}_complete" in shown


def test_the_schema_is_printed_for_editors(tmp_path: Path) -> None:
    shown = json.loads(run("schema", cwd=tmp_path, code=0).stdout)
    assert "prompts" in shown["properties"]


def test_init_writes_what_check_can_run_and_touches_nothing(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "triage.md").write_text("Route it.\n\nTicket: {{ ticket }}\n")
    done = run("init", cwd=tmp_path, code=0)
    assert "kept     prompts/triage.md" in done.stdout
    assert (tmp_path / "prompts" / "triage.md").read_text().startswith("Route it.")
    assert (tmp_path / ".github/workflows/promptci.yml").is_file()
    assert json.loads(run("check", "--all", "--json", cwd=tmp_path, code=0).stdout)["calls"] > 0
    assert "set up already" in run("init", cwd=tmp_path, code=2).stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_what_was_answered(number: signal.Signals, code: int, offline: Repo) -> None:
    offline.write("evals/say.jsonl", cases(20000))
    command = [sys.executable, "-m", "promptci", "check", "--all", "--base", "HEAD", "--max-calls", "20000"]
    process = subprocess.Popen(command, cwd=offline.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    store = offline.path / ".promptci" / "cache" / "answers.sqlite"
    deadline = time.monotonic() + 30
    while not store.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said


def test_a_used_port_is_a_users_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("offline", "serve", "--port", str(taken.getsockname()[1]), cwd=tmp_path, code=2)
    assert "--port 0" in done.stderr


def test_quiet_tells_what_a_search_found(offline: Repo) -> None:
    done = run("optimize", "-q", "--max-calls", "2000", cwd=offline.path, code=0)
    assert done.stdout.split()[1:3] in (["say", "no_change"], ["say", "inconclusive"], ["say", "improved"])


def test_runs_are_compared_by_their_ids(offline: Repo) -> None:
    for _ in range(2):
        run("check", "--all", "--base", "HEAD", "-q", cwd=offline.path, code=0)
    ids = [line.split()[0] for line in run("runs", cwd=offline.path, code=0).stdout.splitlines()[1:]]
    assert json.loads(run("compare", *ids, "--json", cwd=offline.path, code=0).stdout)["command"] == "compare"


@pytest.mark.parametrize(
    ("fail_on", "gate", "counts"),
    [
        ("regression", GateReport("drop", "fail"), True),
        ("regression", GateReport("min_score", "fail"), True),
        ("threshold", GateReport("drop", "fail"), False),
        ("threshold", GateReport("min_score", "inconclusive"), False),
        ("threshold", GateReport("min_score", "fail"), True),
        ("never", GateReport("min_score", "fail"), False),
    ],
)
def test_what_an_action_fails_on_is_its_user_s_choice(fail_on: str, gate: GateReport, counts: bool) -> None:
    report = Report("check", (PromptReport("say", "fail", (), gates=(gate,)),))
    assert fails(report, fail_on) is counts


def test_a_server_that_is_not_there_is_unmeasured(repo: Repo) -> None:
    done = run("check", "--all", "--base", "HEAD", "--json", cwd=repo.path, code=3, env={"OPENAI_API_KEY": "sk-none"})
    report = json.loads(done.stdout)
    assert (report["verdict"], report["prompts"][0]["score"]) == ("unmeasured", None)
    assert "connection" in " ".join(r["text"] for r in report["prompts"][0]["reasons"])

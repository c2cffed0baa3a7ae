"""promptfoo, inspect_ai and pytest themselves, each run on the offline server with a good and a bad prompt."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptci.commands.gate import gate
from promptci.models.offline.server import running

pytestmark = pytest.mark.fault

GOOD = "Answer with exactly one word: positive or negative."
SAME = "Reply with exactly one word: positive or negative."
BAD = "Name any colour."
WORDS = [(f"{who} found it {word}", label) for who in ("Ann", "Bob", "Cy", "Dee", "Eve", "Flo", "Gus", "Hal")
         for label, words in (("positive", "great good wonderful excellent"), ("negative", "awful bad terrible boring"))
         for word in words.split()]  # fmt: skip
Run = Callable[[str, Path], Path]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as address:
        yield address


def ran(command: list[str], cwd: Path, **more: str) -> None:
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "OPENAI_API_KEY": "none", **more}
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **quiet}, capture_output=True, text=True, timeout=600)
    assert done.returncode in (0, 1, 100), (
        done.stdout[-2000:] + done.stderr[-2000:]
    )  # some say with it that tests failed


def installed(command: list[str]) -> None:
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("the package index cannot be reached")


@pytest.fixture(scope="module")
def promptfoo(tmp_path_factory: pytest.TempPathFactory, url: str) -> Run:
    home = tmp_path_factory.mktemp("promptfoo")
    npm = shutil.which("npm") or pytest.skip("no npm")
    installed([npm, "install", "--prefix", str(home), "promptfoo@0.121.20", "--no-audit", "--no-fund"])

    def run(prompt: str, place: Path) -> Path:
        tests = [{"vars": {"text": t}, "assert": [{"type": "equals", "value": v}]} for t, v in WORDS]
        provider = {"id": "openai:chat:offline", "config": {"apiBaseUrl": url, "temperature": 0}}
        config = {"prompts": [prompt + "\nText: {{text}}"], "providers": [provider], "tests": tests}
        (place / "promptfooconfig.json").write_text(json.dumps(config))
        tool = str(home / "node_modules" / ".bin" / "promptfoo")
        command = [tool, "eval", "-c", "promptfooconfig.json", "--no-cache", "--no-table", "-o", "results.json"]
        ran(command, place, PROMPTFOO_CONFIG_DIR=str(home / "state"))
        return place / "results.json"

    return run


@pytest.fixture(scope="module")
def inspect(tmp_path_factory: pytest.TempPathFactory, url: str) -> Run:
    home = tmp_path_factory.mktemp("inspect")
    installed([sys.executable, "-m", "venv", str(home)])
    installed([str(home / "bin" / "pip"), "install", "-q", "inspect_ai==0.3.285", "openai"])

    def run(prompt: str, place: Path) -> Path:
        (place / "task.py").write_text(
            "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n"
            "from inspect_ai.scorer import match\nfrom inspect_ai.solver import generate, system_message\n\n"
            f"@task\ndef tone():\n    dataset = [Sample(input='Text: ' + t, target=v) for t, v in {WORDS!r}]\n"
            f"    return Task(dataset=dataset, solver=[system_message({prompt!r}), generate()], scorer=match())\n"
        )
        tool = str(home / "bin" / "inspect")
        ran(
            [tool, "eval", "task.py", "--model", "openai/offline", "-M", "responses_api=false", "--display", "none"],
            place,
            OPENAI_BASE_URL=url,
        )
        (log,) = (place / "logs").glob("*.eval")
        return log

    return run


@pytest.fixture(scope="module")
def tests_of_pytest(url: str) -> Run:
    def run(prompt: str, place: Path) -> Path:
        (place / "test_tone.py").write_text(
            "import openai, pytest\n\n"
            f"client = openai.OpenAI(base_url={url!r}, api_key='none')\n\n"
            f"@pytest.mark.parametrize(('text', 'tone'), {WORDS!r})\ndef test_tone(text, tone):\n"
            f"    messages = [dict(role='system', content={prompt!r}), dict(role='user', content='Text: ' + text)]\n"
            "    said = client.chat.completions.create(model='offline', messages=messages, temperature=0)\n"
            "    assert said.choices[0].message.content == tone\n"
        )
        ran([sys.executable, "-m", "pytest", "-q", "--junitxml=results.xml", "-p", "no:cacheprovider"], place)
        return place / "results.xml"

    return run


@pytest.mark.parametrize("tool", ["promptfoo", "inspect", "tests_of_pytest"])
def test_what_the_tool_wrote_gets_the_right_verdict(tool: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(tool)
    found = {}
    for name, prompt in (("good", GOOD), ("same", SAME), ("bad", BAD)):
        (tmp_path / name).mkdir()
        found[name] = run(prompt, tmp_path / name)
    worse, like = gate(found["bad"], found["good"]), gate(found["same"], found["good"])
    assert worse.verdict == "fail"
    assert like.verdict in ("pass", "inconclusive")
    (prompt_report,) = worse.prompts
    assert prompt_report.cases == len(WORDS)

"""The same task with other tools: what each says of a harmless and of a harmful edit, its calls and its seconds.

    npm install --prefix PLACE promptfoo; python -m venv PLACE/v; PLACE/v/bin/pip install inspect_ai openai gepa
    python benchmarks/beside.py PLACE

Triage, 277 tickets, the offline model as a server on this machine. Each tool compares the prompt that is there with an
edited one, as its own documentation shows it; nothing is asked of any other host, and telemetry is off.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from promptci import assets
from promptci.models.offline.server import running

STORY = assets.examples() / "triage" / "story"
ROWS = [json.loads(line) for line in (assets.examples() / "triage/evals/triage.jsonl").read_text().splitlines()]


def body(name: str) -> str:
    return (STORY / name).read_text(encoding="utf-8").split("---\n", 2)[2].strip()


GOOD = body("1-good.md")
EDITS = {"harmless": GOOD.replace("You triage", "You sort"), "harmful": body("2-worse.md")}
QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_CACHE_ENABLED": "false", "OPENAI_API_KEY": "none", "DO_NOT_TRACK": "1", "INSPECT_DISPLAY": "none",
}  # fmt: skip


def calls(url: str) -> int:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:  # noqa: S310 - on this machine
        return int(json.loads(answer.read())["paths"]["/v1/chat/completions"])


def ran(command: list[str], place: Path, url: str) -> tuple[subprocess.CompletedProcess[str], int, float]:
    """Run a tool; return what it said, the calls that it sent, and its seconds."""
    before, start = calls(url), time.perf_counter()
    environ = {**os.environ, **QUIET, "OPENAI_BASE_URL": url, "OPENAI_API_BASE_URL": url, "HOME": str(place)}
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, check=False)
    return done, calls(url) - before, time.perf_counter() - start


def equals(value: str) -> dict[str, str]:
    return {"type": "equals", "value": value}


def promptfoo(tools: Path, place: Path, url: str, new: str) -> str:
    """Both prompts side by side; its exit code is 0 where no test of either fails, or a threshold holds."""
    for name, text in (("old.txt", GOOD), ("new.txt", new)):
        (place / name).write_text(text)
    config = {
        "prompts": ["file://old.txt", "file://new.txt"],
        "providers": [{"id": "openai:chat:offline", "config": {"apiBaseUrl": url, "temperature": 0}}],
        "tests": [{"vars": {"ticket": r["ticket"]}, "assert": [equals(r["expected"])]} for r in ROWS],
    }  # fmt: skip
    (place / "promptfooconfig.json").write_text(json.dumps(config))
    command = [
        str(tools / "node_modules/.bin/promptfoo"),
        "eval",
        "-c",
        "promptfooconfig.json",
        "-o",
        "out.json",
        "--no-table",
    ]
    done, sent, took = ran([*command, "-j", "16", "--no-progress-bar"], place, url)
    found = json.loads((place / "out.json").read_text())["results"]["prompts"]
    rates = [p["metrics"]["testPassCount"] / len(ROWS) for p in found]
    return f"{100 * rates[0]:.1f} % and {100 * rates[1]:.1f} %, exit code {done.returncode} | {sent} | {took:.0f}"


TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset, FieldSpec
from inspect_ai.scorer import exact
from inspect_ai.solver import generate, prompt_template
import os
@task
def triage():
    return Task(dataset=json_dataset("rows.jsonl", FieldSpec(input="ticket", target="expected", id="id")),
                solver=[prompt_template(open(os.environ["WHICH"]).read()), generate()], scorer=exact())
"""
RUN = """
import os, sys, json
from inspect_ai import eval
from task import triage
for name in ("old.txt", "new.txt"):
    os.environ["WHICH"] = name
    more = dict(temperature=0, max_connections=16, display="none", log_dir="logs")
    log = eval(triage(), model="openai-api/local/offline", **more)[0]
    for score in log.results.scores:
        print(json.dumps({k: v.value for k, v in score.metrics.items()}))
"""


def inspect(tools: Path, place: Path, url: str, new: str) -> str:
    """Two evaluations, each with its standard error; comparing them is left to whoever reads the logs."""
    for name, text in (("old.txt", GOOD), ("new.txt", new)):
        (place / name).write_text(text.replace("{{ ticket }}", "{prompt}"))
    (place / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS))
    (place / "task.py").write_text(TASK)
    (place / "run.py").write_text(RUN)
    os.environ.update({"LOCAL_API_KEY": "none", "LOCAL_BASE_URL": url})
    done, sent, took = ran([str(tools / "v/bin/python"), "run.py"], place, url)
    if done.returncode:
        return f"failed: {done.stderr[-300:]!r} | {sent} | {took:.0f}"
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    said = " and ".join(f"{100 * f.get('accuracy', f.get('mean')):.1f} % (± {100 * f['stderr']:.1f})" for f in found)
    return f"{said}, exit code 0 | {sent} | {took:.0f}"


def promptci(_: Path, place: Path, url: str, new: str) -> str:
    """The gate on the working tree against the commit, without a stored baseline."""
    (place / "p.md").write_text(GOOD)
    (place / "p.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS))
    settings = f'version: 1\nmodels: {{scorer: {{model: offline, base_url: "{url}"}}}}\n'
    settings += "prompts: [{file: p.md, cases: p.jsonl}]\n"
    (place / "promptci.yaml").write_text(settings)
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", "-c", "user.name=b", "-c", "user.email=b@x.org", *args], cwd=place, check=True)
    (place / "p.md").write_text(new)
    done, sent, took = ran([sys.executable, "-m", "promptci", "check", "--json"], place, url)
    found = json.loads(done.stdout)["prompts"][0]
    low, high = (100 * end for end in found["ci"])
    said = f"{found['verdict']}: {100 * found['delta']:+.1f} points ({low:+.1f} to {high:+.1f}), {found['cases']} cases"
    return f"{said}, exit code {done.returncode} | {sent} | {took:.0f}"


def main(tools: Path) -> None:
    print("| edit | tool | says | calls | s |\n|---|---|---|---|---|")
    with running() as url:
        for edit, text in EDITS.items():
            for tool in (promptfoo, inspect, promptci):
                with tempfile.TemporaryDirectory() as place:
                    print(f"| {edit} | {tool.__name__} | {tool(tools, Path(place), url, text)} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

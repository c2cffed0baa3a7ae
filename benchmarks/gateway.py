"""What the gateway adds to a program of 2,000 calls at 200 ms, 50 at a time, and whether its cap holds to the call.

`python benchmarks/gateway.py`. The program is a process of its own, over plain HTTP or with the official client, once
at the server itself and once below `promptci gateway`; its seconds begin with its first call, so that no start counts.
Each pair is run `--times` in turn, and the middle one is told. CPU seconds are those of both processes, start included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from throughput import _http, served

CALLS, AT_ONCE, EACH_S, CAP = 2000, 50, 0.2, 700
PROGRAM = """\
import asyncio, json, os, sys, time

async def main(who, calls, at_once):
    url, key, said = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"], []
    body = lambda n: {"model": "fake", "messages": [{"role": "user", "content": f"Question {n} [yes]"}]}
    places = asyncio.Semaphore(at_once)
    if who == "plain":
        import aiohttp
        client = aiohttp.ClientSession(headers={"Authorization": "Bearer " + key},
                                       connector=aiohttp.TCPConnector(limit=at_once))
        async def ask(n):
            async with client.post(url + "/chat/completions", json=body(n)) as answer:
                found = await answer.json()
                return found["choices"][0]["message"]["content"] if answer.status == 200 else answer.status
    else:
        import openai
        client = openai.AsyncOpenAI(base_url=url, api_key=key)
        async def ask(n):
            try:
                return (await client.chat.completions.create(**body(n))).choices[0].message.content
            except openai.APIStatusError as problem:
                return problem.status_code
    async def one(n):
        async with places:
            said.append(await ask(n))
    await one(-1)
    begun, worked = time.monotonic(), time.process_time()
    await asyncio.gather(*map(one, range(calls)))
    took = {"wall_s": time.monotonic() - begun, "cpu_s": time.process_time() - worked}
    await client.close()
    counts = {str(word): said.count(word) for word in set(said)}
    json.dump({**took, "counts": counts}, open(sys.argv[4], "w"))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""
SETTINGS = """\
version: 1
models: {{scorer: {{model: fake, base_url: "{url}/v1", api_key_env: FAKE_KEY}}}}
prompts: [{{id: say, file: say.md, cases: say.jsonl}}]
"""


def program(place: Path, who: str, url: str, *gateway: str) -> Mapping[str, Any]:
    """Run it, below the gateway or not; what it counted, with the processor time of all processes."""
    environment = {**os.environ, "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "none", "FAKE_KEY": "none"}
    before = os.times()
    command = [sys.executable, "program.py", who, str(CALLS), str(AT_ONCE), "out.json"]
    subprocess.run([*gateway, *command], cwd=place, env=environment, check=True, capture_output=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {**json.loads((place / "out.json").read_text()), "all_cpu_s": used}


def through(*options: str) -> list[str]:
    return [sys.executable, "-m", "promptci", "gateway", "--trust-tree", *options, "--"]


def prepared(place: Path, url: str) -> None:
    (place / "program.py").write_text(PROGRAM)
    (place / "promptci.yaml").write_text(SETTINGS.format(url=url))
    (place / "say.md").write_text("Say.\n")
    (place / "say.jsonl").write_text('{"input": "a", "expected": "b"}\n')
    for step in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "It"]):
        subprocess.run(["git", *step], cwd=place, check=True)


def fresh(place: Path) -> None:
    for path in (place / ".promptci").rglob("answers.sqlite*"):
        path.unlink()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=3)
    times = options.parse_args().times
    print(f"ideal: {CALLS * EACH_S / AT_ONCE:.1f} s\n")
    print("| | wall s: at the server | below the gateway | added | CPU s of all |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, served(1000 * EACH_S) as url:
        place = Path(folder)
        prepared(place, url)
        for who in ("plain", "openai"):
            pairs = []
            for _ in range(times):
                fresh(place)
                pairs.append((program(place, who, url), program(place, who, url, *through())))
            added = [100 * (b["wall_s"] / a["wall_s"] - 1) for a, b in pairs]
            bare, ours = (statistics.median(pair[side]["wall_s"] for pair in pairs) for side in (0, 1))
            cpu = [statistics.median(pair[side]["all_cpu_s"] for pair in pairs) for side in (0, 1)]
            middle = f"{statistics.median(added):.1f} % ({min(added):.1f} to {max(added):.1f})"
            print(f"| {who} | {bare:.2f} | {ours:.2f} | {middle} | {cpu[0]:.1f}, {cpu[1]:.1f} |", flush=True)
            assert all(side["counts"] == {"yes": CALLS + 1} for pair in pairs for side in pair)
        for who in ("plain", "openai"):
            fresh(place)
            _http(f"{url}/reset", b"")
            got = program(place, who, url, *through("--max-calls", str(CAP)))
            print(
                f"cap of {CAP}, {who}: {got['counts']}, {_http(f'{url}/stats')['requests']} calls arrived", flush=True
            )


if __name__ == "__main__":
    main()

"""A program's own calls through our cache and budget."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.gateway import gateway
from promptci.errors import UsageError
from tests.conftest import Repo

OFFICIAL = """\
import openai, os, sys
from concurrent.futures import ThreadPoolExecutor
client = openai.OpenAI()
def ask(n):
    try:
        reply = client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": f"Say {n}."}])
        return reply.choices[0].message.content
    except openai.APIStatusError as problem:
        return problem.status_code
with ThreadPoolExecutor(8) as pool:
    print(sorted(map(str, pool.map(ask, range(int(sys.argv[1]))))), "SECRET_KEY" in os.environ)
"""


def ran(repo: Repo, text: str, *arguments: str, **options: object) -> tuple[int, list[str]]:
    """Run a program below the gateway; what it prints lands in the file `out`."""
    program = repo.path / "program.py"
    program.write_text(f"import sys\nsys.stdout = open({str(repo.path / 'out')!r}, 'w')\n" + text)
    said: list[str] = []
    code = gateway(repo.options(**options), [sys.executable, str(program), *arguments], say=said.append)
    return code, [(repo.path / "out").read_text(), *said]


def test_the_official_client_is_answered_and_the_second_time_from_the_cache(repo: Repo) -> None:
    code, (printed, total) = ran(repo, OFFICIAL, "20")
    assert code == 0
    assert printed.count("yes") == 20
    assert total.startswith("20 calls, 0 answers from the cache")
    _, (_, again) = ran(repo, OFFICIAL, "20")
    assert again.startswith("0 calls, 20 answers from the cache")


AGAIN = """\
import openai
client, seeds = openai.OpenAI(), [{}, {}, {"seed": 7}, {"seed": 7}, {}]
for more in seeds:
    client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": "Vote."}], **more)
"""


def test_what_is_asked_again_in_one_run_is_answered_anew_and_the_next_run_finds_it_all(repo: Repo) -> None:
    _, (_, total) = ran(repo, AGAIN)
    assert total.startswith("4 calls, 1 answer from the cache")  # the seed asks for the same answer
    assert [(request.sample, request.spec.seed) for request in repo.model.asked] == [
        (0, None),
        (1, None),
        (0, 7),
        (2, None),
    ]
    _, (_, again) = ran(repo, AGAIN)
    assert again.startswith("0 calls, 5 answers from the cache")


def test_a_cap_holds_to_the_call_and_clients_do_not_send_again(repo: Repo) -> None:
    _, (printed, total) = ran(repo, OFFICIAL, "30", max_calls=7)
    assert printed.count("yes") == 7
    assert printed.count("403") == 23
    assert total.startswith("7 calls")
    assert len(repo.model.asked) == 7


def test_the_model_s_key_never_reaches_the_program(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    text = (repo.path / "promptci.yaml").read_text()
    repo.write("promptci.yaml", text.replace("{model: scripted,", "{model: scripted, api_key_env: SECRET_KEY,"))
    _, (printed, _) = ran(repo, OFFICIAL, "1", trust_tree=True)
    assert printed.strip().endswith("False")


PLAIN = """\
import json, os, sys, urllib.request, urllib.error
body, key = json.loads(sys.argv[1]), sys.argv[2] or os.environ["OPENAI_API_KEY"]
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(),
                                 {"Authorization": "Bearer " + key})
try:
    print(json.dumps([200, json.load(urllib.request.urlopen(request))]))
except urllib.error.HTTPError as problem:
    print(json.dumps([problem.code, json.load(problem)]))
"""
ASKED = {"model": "scripted", "messages": [{"role": "user", "content": "Say."}]}


@pytest.mark.parametrize(
    ("body", "key", "status", "said"),
    [
        pytest.param(ASKED, "", 200, "", id="plain"),
        pytest.param(ASKED, "wrong", 401, "token is missing", id="another-token"),
        pytest.param({**ASKED, "model": "dear"}, "", 404, "does not name the model 'dear'", id="unknown-model"),
        pytest.param({**ASKED, "n": 3}, "", 400, "'n'", id="several"),
        pytest.param({**ASKED, "messages": [{"role": "x"}]}, "", 400, "needs a role", id="role"),
        pytest.param([1], "", 400, "must be JSON with", id="list"),
    ],
)
def test_plain_http(body: object, key: str, status: int, said: str, repo: Repo) -> None:
    _, (printed, _) = ran(repo, PLAIN, json.dumps(body), key)
    code, answer = json.loads(printed)
    assert code == status
    assert status == 200 or said in answer["error"]["message"]


def test_the_program_s_exit_code_is_ours(repo: Repo) -> None:
    assert ran(repo, "sys.exit(5)")[0] == 5


def test_a_program_that_is_not_there_is_an_error(repo: Repo) -> None:
    with pytest.raises(UsageError, match="cannot be started"):
        gateway(replace(repo.options()), ["no-such-program"])
    assert not Path("no-such-program").exists()

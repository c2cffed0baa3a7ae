"""The server: the official client and raw sockets talk to it, and the in-process client answers as it does."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from promptci.core import Message
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.offline.brain import MODEL, VERSION
from promptci.models.offline.client import OfflineClient
from promptci.models.offline.server import MAX_BODY, running, serve
from promptci.models.openai import OpenAIClient
from tests.models.offline import metaprompts, tickets

TICKET = tickets.MEDIOCRE.replace("{ticket}", "I was charged twice for my order last week.")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as base_url:
        yield base_url


def raw(url: str, data: bytes, answers: int = 1) -> bytes:
    """Send bytes on one connection and return what comes back: so many answers, or all until the server hangs up."""
    found = re.match(r"http://([\d.]+):(\d+)", url)
    assert found is not None
    with socket.create_connection((found[1], int(found[2])), timeout=10) as connection:
        connection.sendall(data)
        got = b""
        while len(re.findall(rb"\r\n\r\n\{.*?\}(?=HTTP|$)", got, re.DOTALL)) < answers:
            more = connection.recv(65536)
            if not more:
                break
            got += more
        return got


def request(path: str, body: Any, method: str = "POST", extra: str = "") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{extra}Content-Length: {len(data)}\r\n\r\n".encode() + data


def asked(url: str, path: str, body: Any, method: str = "POST") -> tuple[int, Any]:
    got = raw(url, request(path, body, method))
    head, _, payload = got.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(payload)


CHAT = {"model": "offline", "messages": [{"role": "user", "content": TICKET}]}


def test_the_official_client_chats(url: str) -> None:
    import openai

    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        made = client.chat.completions.create(
            model="offline",
            messages=[
                {"role": "system", "content": "Write the sum of the two numbers."},
                {"role": "user", "content": "3 4"},
            ],
            n=3,
            seed=5,
            temperature=0,
            logprobs=True,
        )
        assert [choice.index for choice in made.choices] == [0, 1, 2]
        said = made.choices[0].message.content
        assert said is not None
        assert "7" in said
        assert made.choices[0].finish_reason == "stop"
        logprobs = made.choices[0].logprobs
        assert logprobs is not None
        assert logprobs.content is not None
        assert "".join(token.token for token in logprobs.content) == said
        assert made.usage is not None
        assert made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens > 0
        assert (made.model, made.system_fingerprint) == (MODEL, VERSION)
        assert [model.id for model in client.models.list()] == [MODEL]


def test_the_official_client_embeds_and_echoes(url: str) -> None:
    import openai

    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        packed = client.embeddings.create(model="offline", input=["a b", "c"]).data
        plain = client.embeddings.create(model="offline", input=["a b", "c"], encoding_format="float").data
        for one, two in zip(packed, plain, strict=True):
            assert one.embedding == pytest.approx(two.embedding, abs=1e-6)
        prompt = "Write the sum.\n\nInput: 3 4\nOutput: 7"
        made = client.completions.create(model="offline", prompt=prompt, max_tokens=0, echo=True, logprobs=0).choices[0]
        assert made.text == prompt
        assert made.logprobs is not None
        assert made.logprobs.tokens is not None
        assert made.logprobs.token_logprobs is not None
        assert "".join(made.logprobs.tokens) == prompt
        assert made.logprobs.token_logprobs[-1] > -0.5
        written = client.completions.create(model="offline", prompt=[prompt[:-2], "Write the plural.\n\nInput: cat"])
        assert written.choices[0].text.endswith("7")
        assert [choice.index for choice in written.choices] == [0, 1]


def test_the_official_client_gets_its_own_error(url: str) -> None:
    import openai

    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError, match="does not stream"):
            client.chat.completions.create(model="offline", messages=[{"role": "user", "content": "x"}], stream=True)
        with pytest.raises(openai.BadRequestError, match="at least one message"):
            client.chat.completions.create(model="offline", messages=[])
        with pytest.raises(openai.NotFoundError):
            client.get("/nothing", cast_to=object)


@pytest.mark.parametrize(
    ("path", "body", "method", "status"),
    [
        ("/v1/nothing", {}, "POST", 404),
        ("/", {}, "GET", 404),
        ("/v1/models", {}, "POST", 405),
        ("/v1/embeddings", {}, "GET", 405),
        ("/v1/chat/completions", b"{", "POST", 400),
        ("/v1/chat/completions", b"\xff\xfe", "POST", 400),
        ("/v1/chat/completions", b"[" * 100_000, "POST", 400),
        ("/v1/chat/completions", [], "POST", 400),
        ("/v1/chat/completions", {**CHAT, "model": None}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "n": 0}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "n": 129}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "n": True}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "seed": "x"}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "temperature": 3}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "temperature": "hot"}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "max_tokens": -1}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "messages": ["x"]}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "messages": [{"role": "tool", "content": "x"}]}, "POST", 400),
        ("/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": 5}]}, "POST", 400),
        ("/v1/completions", {"model": "m"}, "POST", 400),
        ("/v1/completions", {"model": "m", "prompt": [1, 2]}, "POST", 400),
        ("/v1/embeddings", {"model": "m", "input": []}, "POST", 400),
        ("/v1/embeddings", {"model": "m", "input": [[1]]}, "POST", 400),
    ],
)
def test_bad_requests_get_an_error_of_openais_form(url: str, path: str, body: Any, method: str, status: int) -> None:
    got, answer = asked(url, path, body, method)
    assert got == status
    assert set(answer["error"]) == {"message", "type", "param", "code"}
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/models SPDY/3\r\n\r\n", 400),
        (b"POST /v1/embeddings HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 411),
        (f"POST /v1/embeddings HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode(), 413),
        (b"GET /v1/models HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: " + b"0" * 20 + b"99999999999\r\n\r\n", 413),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: " + b"9" * 9000 + b"\r\n\r\n", 413),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n", 411),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", 411),
        (b"POST /v1/embeddings HTTP/1.1\r\nContent-Length:\r\n\r\n", 411),
        (b"GET /v1/models HTTP/1.1\r\nContent-Length: " + b"0" * 9000 + b"\r\nConnection: close\r\n\r\n", 200),
        (b"GET /v1/models?limit=3 HTTP/1.0\r\n\r\n", 200),
        (b"GET  /v1/models HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_and_hung_up_on(url: str, data: bytes, status: int) -> None:
    assert raw(url, data).startswith(f"HTTP/1.1 {status} ".encode())


def test_one_connection_takes_many_requests_also_in_pieces(url: str) -> None:
    one = request("/v1/chat/completions", CHAT)
    got = raw(url, one * 20, answers=20)
    assert got.count(b"HTTP/1.1 200 OK") == 20
    found = re.match(r"http://([\d.]+):(\d+)", url)
    assert found is not None
    with socket.create_connection((found[1], int(found[2])), timeout=10) as connection:
        for i in range(0, len(one), 50):
            connection.sendall(one[i : i + 50])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_client_that_waits_to_be_told_to_go_on(url: str) -> None:
    found = re.match(r"http://([\d.]+):(\d+)", url)
    assert found is not None
    data = request("/v1/chat/completions", CHAT, extra="Expect: 100-continue\r\n")
    head, gap, body = data.partition(b"\r\n\r\n")
    with socket.create_connection((found[1], int(found[2])), timeout=10) as connection:
        connection.sendall(head + gap)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_last_request_of_a_connection(url: str) -> None:
    got = raw(url, request("/v1/models", b"", "GET", "Connection: close\r\n"), answers=2)
    assert b"Connection: close" in got
    assert got.count(b"HTTP/1.1") == 1


def test_content_parts_developer_messages_and_json(url: str) -> None:
    parts = [{"type": "text", "text": "3 "}, {"type": "text", "text": "4"}]
    body = {
        "model": "offline",
        "messages": [{"role": "developer", "content": "Write the sum."}, {"role": "user", "content": parts}],
        "response_format": {"type": "json_object"},
        "max_completion_tokens": 50,
    }
    status, answer = asked(url, "/v1/chat/completions", body)
    assert status == 200
    assert "7" in json.loads(answer["choices"][0]["message"]["content"])["answer"]


def test_stats_count_requests() -> None:
    with running() as url:
        for _ in range(3):
            asked(url, "/v1/chat/completions", {**CHAT, "n": 2})
        asked(url, "/nowhere", {})
        stats = asked(url, "/stats", b"", "GET")[1]
    assert (stats["requests"], stats["choices"], stats["refused"]) == (5, 6, 1)
    assert stats["paths"]["/v1/chat/completions"] == 3


QUESTIONS = [TICKET, metaprompts.opro(), "Write the sum.\n\nInput: 3 4\nOutput:", "", "\ud800 lone"]


async def both(spec: ModelSpec, requests: list[Request], seed: int) -> tuple[list[Reply], list[Reply]]:
    over_http, in_process = OpenAIClient(spec), OfflineClient(seed)
    try:
        return [await over_http.send(r) for r in requests], [await in_process.send(r) for r in requests]
    finally:
        await over_http.close()
        await in_process.close()


@pytest.mark.parametrize("seed", [0, 3])
def test_in_process_and_over_http_the_answers_are_the_same(seed: int) -> None:
    with running(seed=seed) as url:
        spec = ModelSpec("offline", base_url=url, max_tokens=300, seed=11)
        requests = [
            Request(spec, "scorer", (Message("user", text),), sample=sample, temperature=temperature, n=n)
            for text in QUESTIONS[:4]
            for sample, temperature, n in ((0, 0.0, 1), (2, 1.0, 3))
        ]
        requests.append(Request(spec, "scorer", (Message("user", TICKET),), logprobs=True))
        requests.append(Request(spec, "scorer", (Message("user", metaprompts.opro()),), max_tokens=3))
        requests.append(
            Request(
                spec, "scorer", (Message("user", TICKET + " billing"),), kind="completion", logprobs=True, max_tokens=0
            )
        )
        requests.append(Request(spec, "embedder", (Message("user", "a"), Message("user", "b")), kind="embedding"))
        http, local = asyncio.run(both(spec, requests, seed))
    for one, two in zip(http, local, strict=True):
        assert one.texts == two.texts
        assert one.failure == two.failure
        assert one.usage == two.usage
        assert (one.model, one.finish_reason) == (two.model, two.finish_reason) or one.vectors
        assert len(one.vectors) == len(two.vectors)
        assert (one.logprobs is None) == (two.logprobs is None)
        if one.logprobs and two.logprobs:
            assert [token for token, _ in one.logprobs] == [token for token, _ in two.logprobs]


def test_another_seed_is_another_stand_in() -> None:
    async def ask(seed: int) -> tuple[str, ...]:
        spec = ModelSpec("offline", max_tokens=500)
        question = Request(spec, "optimizer", (Message("user", metaprompts.opro()),), temperature=1.0, n=5)
        return (await OfflineClient(seed).send(question)).texts

    assert asyncio.run(ask(0)) == asyncio.run(ask(0))
    assert asyncio.run(ask(0)) != asyncio.run(ask(1))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_cleanly(number: signal.Signals) -> None:
    code = "from promptci.models.offline.server import serve; serve(announce=lambda url: print(url, flush=True))"
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert asked(base_url, "/v1/models", b"", "GET")[0] == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


def test_a_taken_port_is_told(url: str) -> None:
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(OSError, match="address"):
        serve(port)
    with pytest.raises(OSError, match="address"), running(port=port):
        pass

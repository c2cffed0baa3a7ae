"""Metrics that ask a server for more than a chat, over real HTTP: embeddings, and echoed log probabilities."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from promptci.core import Case, Outcome
from promptci.metrics.build import build
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, Task, answer
from tests.serving import at_work

PROMPT = plain("Answer: {{ input }}")
VECTORS = {"refunded": [1.0, 0.0], "the money came back": [0.8, 0.6], "no": [-1.0, 0.0]}


@dataclass
class Server:
    """What a loopback server is asked, by path."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    echoes: bool = True

    def said(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        if path.endswith("/embeddings"):
            vectors = [VECTORS[text] for text in body["input"]]
            data = [{"object": "embedding", "index": n, "embedding": v} for n, v in enumerate(vectors)]
            return {"object": "list", "model": "e-1", "data": data, "usage": usage}
        if path.endswith("/chat/completions"):
            word = body["messages"][-1]["content"].removeprefix("Answer: ")
            message = {"role": "assistant", "content": word}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m-1",
                "choices": [choice],
                "usage": usage,
            }
        tokens = re.findall(r"\s*\S+", body["prompt"])
        values = [None, *(math.log(0.5) for _ in tokens[1:])]
        logprobs = {"tokens": tokens, "token_logprobs": values} if self.echoes and body.get("echo") else None
        choice = {"index": 0, "text": body["prompt"], "finish_reason": "length", "logprobs": logprobs}
        return {
            "id": "1",
            "object": "text_completion",
            "created": 1,
            "model": "m-1",
            "choices": [choice],
            "usage": usage,
        }


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append((self.path, body))
            text = json.dumps(found.said(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with at_work(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as http:
        found.url = f"http://127.0.0.1:{http.server_port}/v1"
        yield found


def scored(server: Server, metric: str, cases: list[Case]) -> list[Outcome]:
    spec = ModelSpec("m-1", base_url=server.url)
    built = build([metric], lambda path: path)
    with Door(budget=Budget(Limits())) as door:
        grading = Grading(built, spec, embedder=ModelSpec("e-1", base_url=server.url))
        return answer(door, [Task(PROMPT, case, spec) for case in cases], grading)


def test_similarity_is_the_cosine_of_a_server_s_embeddings(server: Server) -> None:
    cases = [
        Case("alike", {"input": "the money came back"}, "refunded"),
        Case("same", {"input": "refunded"}, ["no", "refunded"]),
        Case("against", {"input": "no"}, "refunded"),
    ]
    found = scored(server, "similarity", cases)
    assert [o.score.value for o in found] == [pytest.approx(0.8), pytest.approx(1.0), 0.0]
    assert {body["model"] for path, body in server.asked if path.endswith("/embeddings")} == {"e-1"}


def test_log_probability_is_that_of_the_echoed_answer(server: Server) -> None:
    found = scored(
        server, "log_probability", [Case("a", {"input": "hot"}, "very cold"), Case("b", {"input": "x"}, "y")]
    )
    assert [o.score.value for o in found] == [pytest.approx(0.5), pytest.approx(0.5)]
    asked = [body for path, body in server.asked if path == "/v1/completions"]
    assert sorted(body["prompt"] for body in asked) == ["Answer: hot very cold", "Answer: x y"]
    assert all((body["echo"], body["max_tokens"], body["logprobs"]) == (True, 0, 1) for body in asked)


def test_a_server_that_does_not_echo_leaves_the_case_unmeasured(server: Server) -> None:
    server.echoes = False
    (found,) = scored(server, "log_probability", [Case("a", {"input": "hot"}, "cold")])
    assert found.score.value is None
    assert found.score.reason is not None
    assert found.score.reason.kind == "no_logprobs"

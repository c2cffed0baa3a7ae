"""LiteLLM's proxy with our callback, and the official client: a thousand requests while a fifth of the calls fail.

LiteLLM is large, so it is installed into an environment of its own, and only in the longer run of the tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from tests.augment.conftest import FIT

ROOT = Path(__file__).parents[2]
KEY = f"sk-{secrets.token_hex(16)}"
REQUESTS = int(os.environ.get("LITELLM_REQUESTS", "1000"))
CONFIG = """\
model_list:
  - model_name: target
    litellm_params: {{model: openai/target, api_base: "{url}", api_key: x}}
litellm_settings: {{callbacks: proxy_hook.handler, num_retries: 0}}
"""


class Models(ThreadingHTTPServer):
    """The target says how many complements a prompt has; every fifth call of the complement's model fails."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.counts = Lock(), Counter[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def said(self, body: dict[str, object]) -> str | None:
        text = json.dumps(body["messages"])
        with self.lock:
            self.counts[str(body["model"])] += 1
            number = self.counts["writer"]
        if body["model"] == "target":
            return str(text.count(FIT))
        if number % 5 == 0:
            return None
        return f"<INS>{FIT}</INS>" if "Reply with the complement" in text else "question"


class Handler(BaseHTTPRequestHandler):
    """One chat, whole or as a stream."""

    protocol_version = "HTTP/1.1"
    server: Models

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = self.server.said(body)
        head = {"id": "x", "created": 0, "model": body["model"]}
        if said is None:
            return self._send(500, b'{"error": {"message": "planted"}}', "application/json")
        if body.get("stream"):
            deltas = [({"role": "assistant", "content": said}, None), ({}, "stop")]
            choices = [{"index": 0, "delta": delta, "finish_reason": end} for delta, end in deltas]
            parts = [{**head, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
            text = "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n\n"
            return self._send(200, text.encode(), "text/event-stream")
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
        return self._send(200, json.dumps(whole).encode(), "application/json")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def environment(place: Path) -> Path:
    """Python with LiteLLM's proxy and this package; one that is there already is named by LITELLM_PYTHON."""
    given = os.environ.get("LITELLM_PYTHON")
    if given:
        return Path(given)
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "litellm[proxy]", f"{ROOT}[augment]"], check=True)
    return python


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def asked(url: str) -> list[str]:
    """What the official client was answered; odd requests stream."""
    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=900) as client:
        places = asyncio.Semaphore(16)

        async def one(n: int) -> str:
            async with places:
                messages: Any = [{"role": "user", "content": f"Why is the number {n} odd or even?"}]
                create: Any = client.chat.completions.create
                reply = await create(model="target", messages=messages, stream=bool(n % 2))
                if n % 2:
                    return "".join([p.choices[0].delta.content or "" async for p in reply if p.choices])
                return str(reply.choices[0].message.content)

        return list(await asyncio.gather(*map(one, range(REQUESTS))))


@pytest.mark.fault
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="LiteLLM's proxy has no wheels for it")
def test_every_request_through_litellm_is_answered_and_none_is_changed_twice(tmp_path: Path) -> None:
    models, port = Models(), free_port()
    Thread(target=models.serve_forever, daemon=True).start()
    (tmp_path / "augment").mkdir()
    (tmp_path / "augment/support.yaml").write_text("version: 1\n", encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG.format(url=models.url), encoding="utf-8")
    (tmp_path / "proxy_hook.py").write_bytes((Path(__file__).parent / "proxy_hook.py").read_bytes())
    python = environment(tmp_path / "env")
    where = {**os.environ, "HOOK_FILE": str(tmp_path / "augment/support.yaml"), "HOOK_URL": models.url,
             "HOOK_TOLD": str(tmp_path / "told"),
             "OPENAI_API_KEY": "x", "LITELLM_MASTER_KEY": KEY, "PYTHONPATH": str(ROOT)}  # fmt: skip
    command = [str(python.parent / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "proxy.log").open("wb") as said, subprocess.Popen(
        command, cwd=tmp_path, env=where, stdout=said, stderr=said
    ) as proxy:  # fmt: skip
        try:
            until_it_answers(f"http://127.0.0.1:{port}/health/liveliness", proxy)
            answers = Counter(asyncio.run(asked(f"http://127.0.0.1:{port}/v1")))
        finally:
            proxy.send_signal(signal.SIGINT)  # so that it ends in order, and the hook says what it did
            models.shutdown()
            models.server_close()
    assert answers.total() == REQUESTS
    assert set(answers) == {"0", "1"}
    assert models.counts["target"] == REQUESTS
    assert answers["1"] > REQUESTS / 2
    changed, added = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert changed.startswith(f"{answers['1']:,} of {REQUESTS:,} requests changed; unchanged: {answers['0']:,} server")
    assert added.startswith("added latency: median ")


def until_it_answers(url: str, proxy: subprocess.Popen[bytes]) -> None:
    """Wait for a process of another make, whose start takes a while."""
    for _ in range(3000):
        assert proxy.poll() is None, "the proxy ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the proxy does not answer")

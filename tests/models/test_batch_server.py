"""Calls to a batch server that takes a connection and says nothing: what is certain of each, after a while."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from promptci.models.batch.server import BatchServer, ServerError
from tests.models.conftest import spec_at

Call = Callable[[BatchServer], Awaitable[object]]


@pytest.mark.parametrize(
    "call",
    [
        lambda server: server.upload("name", b"{}"),
        lambda server: server.make("file", "/v1/chat/completions", "digest"),
        lambda server: server.look("batch"),
        lambda server: server.cancel("batch"),
        lambda server: server.made_of("digest"),
        lambda server: server.content("file"),
    ],
    ids=["upload", "make", "look", "cancel", "list", "download"],
)
def test_a_server_that_never_answers_is_not_waited_for_without_end(call: Call) -> None:
    async def story(url: str) -> None:
        server = BatchServer(spec_at(url), answer_s=0.01)
        try:
            await call(server)
        finally:
            await server.close()

    silent = socket.create_server(("127.0.0.1", 0))  # connections come about, and nobody reads them
    with closing(silent), pytest.raises(ServerError, match=r"no whole answer within 0\.01 s") as found:
        asyncio.run(story(f"http://127.0.0.1:{silent.getsockname()[1]}/v1"))
    assert (found.value.certain, found.value.wait) == (False, True)


def test_a_batchs_trouble_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_KEY", "sk-0123456789abcdef")
    server = BatchServer(spec_at("http://127.0.0.1:1/v1", api_key_env="BATCH_KEY"))
    batch = server._batch({"id": "b", "status": "failed", "errors": {"message": "bad key sk-0123456789abcdef"}})
    assert "bad key" in batch.trouble
    assert "0123456789" not in batch.trouble
    assert batch.has_ended

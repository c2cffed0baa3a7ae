"""The model `echo` says back what it is asked, in process and for nothing: metrics judge answers that rows bring."""

from __future__ import annotations

import asyncio

import pytest

from promptci.commands.check import check
from promptci.core import Message
from promptci.importing.providers import scorer_of
from promptci.models import keys
from promptci.models.base import ModelSpec, Request
from promptci.models.offline.client import OfflineClient
from tests.conftest import Repo

ECHO = ModelSpec("echo")


def request(*texts: str, n: int = 1) -> Request:
    return Request(ECHO, "scorer", tuple(Message("user", text) for text in texts), n=n)


def test_it_says_back_the_last_message_and_costs_nothing() -> None:
    reply = asyncio.run(OfflineClient().send(request("first", "second")))
    assert (reply.text, reply.model, reply.usage and reply.usage.input_tokens) == ("second", "echo", 0)


def test_it_says_so_often_what_it_is_asked_for() -> None:
    assert asyncio.run(OfflineClient().send(request("a", n=3))).texts == ("a", "a", "a")


def test_where_there_is_nothing_to_say_it_says_so() -> None:
    reply = asyncio.run(OfflineClient().send(request(" ")))
    assert reply.failure is not None
    assert reply.failure.kind == "empty"


@pytest.mark.parametrize(
    ("spec", "server"),
    [
        pytest.param(ECHO, "offline", id="in-process"),
        pytest.param(ModelSpec("echo", base_url="http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1", id="a-server-s-own"),
        pytest.param(ModelSpec("echo-2"), keys.OPENAI_URL, id="another-name"),
    ],
)
def test_only_without_a_server_it_is_ours(spec: ModelSpec, server: str) -> None:
    assert keys.server(spec) == server


def test_its_answers_are_not_those_of_the_stand_in() -> None:
    offline = Request(ModelSpec("offline"), "scorer", (Message("user", "a"),))
    assert keys.canonical(request("a")) != keys.canonical(offline)


def test_promptfoo_s_provider_of_that_name_is_carried() -> None:
    assert scorer_of("echo") == {"model": "echo"}


def test_answers_in_a_column_are_judged_without_a_model(repo: Repo) -> None:
    rows = (
        "__description,language,message,reply,__expected\n"
        'ES ok,es,Me cobraron dos veces,"Hola, lo siento, 19,99 EUR vuelven hoy.",icontains: lo siento\n'
        'mixed,es,Precio?,"25 EUR, this includes all.",not-icontains: includes\n'
    )
    repo.write("p.md", "{{ reply }}\n")
    repo.write("e.csv", rows)
    entry = "{file: p.md, cases: e.csv}"
    repo.write("promptci.yaml", f"version: 1\nmodels: {{scorer: {{model: echo}}}}\nprompts:\n  - {entry}\n")
    options = repo.options()
    options = type(options)(config=options.config, quiet=True)  # the real way to a model: no key, no server
    (found,) = check(options).prompts
    assert (found.score, found.cases, found.unmeasured) == (0.5, 2, 0)

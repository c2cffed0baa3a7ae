"""Which day a model retires, by the table and by its server's own list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from promptci.errors import MeasureError
from promptci.models.base import ModelSpec
from promptci.models.refresh import as_csv, merged
from promptci.models.retirement import (
    NoListError,
    Retirement,
    ask_server,
    days_left,
    read_list,
    read_names,
    retirement,
    retiring,
    spec_days_left,
    successor,
    table,
)
from tests.serving import at_work

TODAY = date(2026, 11, 26)
KEY = "sk-canary-0123456789abcdefghij"


@pytest.mark.parametrize(
    ("model", "days"),
    [
        ("gpt-5", 15),
        ("gpt-5-mini", 15),
        ("gpt-5-2025-08-07", 15),
        ("gpt-4.1-mini", 49),
        ("gpt-4.1-mini-2025-04-14", 49),
        ("gpt-4o", 49),
        ("openai/gpt-4o", 49),
        ("openrouter/openai/gpt-4o-mini", 49),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", 49),
        ("gpt-4o-2024-05-13", -34),
        ("gpt-3.5-turbo", -34),
        ("gpt-6-luna", None),
        ("gpt-4o-audio-preview", None),
        ("gpt-5.6-sol", None),
        ("offline", None),
        ("", None),
        ("ft:", None),
    ],
)
def test_days_left_by_the_table(model: str, days: int | None) -> None:
    assert days_left(model, TODAY) == days


def test_every_line_of_the_table_has_its_source_and_day_and_stands_once() -> None:
    assert len({line.model for line in table()}) == len(table()) > 10
    for line in table():
        assert line.source.startswith("https://")
        assert date(2026, 1, 1) <= line.seen <= date(2100, 1, 1)
        assert line.replacement == "" or retirement(line.replacement) is None, "a replacement that retires is none"


def test_what_the_server_lists_wins_over_the_table() -> None:
    listed = [Retirement("gpt-5", date(2027, 3, 1), "x", TODAY)]
    assert days_left("gpt-5", TODAY, listed) == 95
    assert days_left("gpt-4o", TODAY, listed) == 49


@pytest.mark.parametrize(
    ("url", "days"),
    [
        (None, 15),
        ("https://openrouter.ai/api/v1", 15),
        ("http://localhost:8000/v1", None),
        ("https://acme.openai.azure.com/openai", None),
    ],
    ids=["openai", "gateway", "this machine", "azure"],
)
def test_the_table_is_for_servers_that_go_by_it(url: str | None, days: int | None) -> None:
    assert spec_days_left(ModelSpec("gpt-5", url), TODAY) == days
    assert spec_days_left(ModelSpec("gpt-5", url), TODAY, [Retirement("gpt-5", TODAY, "x", TODAY)]) == 0


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"data": None}, {"data": [None, 3, {"id": "m"}, {"id": 4, "shutdown_date": "2027-01-01"}]},
        {"data": [{"id": "m", "shutdown_date": "soon"}, {"id": "m", "shutdown_date": None}]},
    ],
)  # fmt: skip
def test_a_list_without_dates_says_nothing(body: Any) -> None:
    assert read_list(body, "u", TODAY) == ()


class Lists(BaseHTTPRequestHandler):
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("authorization")))
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[Lists], ModelSpec]]:
    handler = type("Handler", (Lists,), {"asked": []})
    monkeypatch.setenv("MY_KEY", KEY)
    with at_work(HTTPServer(("127.0.0.1", 0), handler)) as server:
        yield handler, ModelSpec("m", f"http://127.0.0.1:{server.server_port}/v1", api_key_env="MY_KEY")


def test_a_server_is_asked_for_its_list_with_its_key(lists: tuple[type[Lists], ModelSpec]) -> None:
    handler, spec = lists
    body = {"data": [{"id": "m", "shutdown_date": "2027-02-01"}, {"id": "n"}]}
    handler.answer = (200, {}, json.dumps(body).encode())
    found = ask_server(spec, TODAY)
    assert handler.asked == [("/v1/models", f"Bearer {KEY}")]
    assert [(line.model, line.day) for line in found] == [("m", date(2027, 2, 1))]
    assert spec_days_left(spec, TODAY, found) == 67


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b""), "has no list of models: status 404"),
        ((302, {"location": "http://127.0.0.1:9/elsewhere"}, b""), "list of models cannot be read"),
        ((200, {}, b"<html>"), "list of models cannot be read: it is no JSON"),
    ],
    ids=["not found", "redirect", "no JSON"],
)
def test_a_list_that_cannot_be_had_is_one_message_with_its_place(
    lists: tuple[type[Lists], ModelSpec], answer: tuple[int, dict[str, str], bytes], said: str
) -> None:
    handler, spec = lists
    handler.answer = answer
    with pytest.raises(MeasureError, match=said) as caught:
        ask_server(spec, TODAY)
    assert isinstance(caught.value, NoListError) == (answer[0] == 404)
    assert KEY not in str(caught.value)
    assert caught.value.place == f"{spec.base_url}/models"
    assert len(handler.asked) == 1


def test_the_embedded_model_is_not_asked() -> None:
    assert ask_server(ModelSpec("offline"), TODAY) == ()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "was retired on"),
        (0, "retires today, "),
        (1, "retires in 1 day, on"),
        (89, "retires in 89 days, on"),
        (90, None),
    ],
    ids=["past", "today", "tomorrow", "soon", "far"],
)
def test_reports_warn_of_a_model_that_goes_soon(days: int, said: str | None) -> None:
    line = table()[0]
    found = retiring([ModelSpec(line.model), ModelSpec(line.model, seed=2)], line.day - timedelta(days=days))
    assert [said in text for text in found if said] == ([True] if said else [])
    assert all(line.source in text and "promptci upgrade" in text for text in found)


def test_the_table_is_refreshed_from_what_a_server_lists() -> None:
    known, listed = table()[:2], (Retirement("new", date(2027, 5, 1), "server", date(2026, 11, 26)),)
    later = Retirement(known[0].model, date(2028, 1, 1), "server", date(2026, 11, 26))
    lines = {line.model: line for line in merged(known, (*listed, later))}
    assert lines["new"] == listed[0]
    assert lines[later.model] == Retirement(later.model, later.day, "server", later.seen, known[0].replacement)
    assert lines[known[1].model] == known[1]
    assert as_csv(sorted(table(), key=lambda line: line.model)).splitlines()[0] == "model,day,replacement,seen,source"


@pytest.mark.parametrize(
    ("model", "listed", "expected"),
    [
        pytest.param("gpt-4.1-mini", ["gpt-4.1-mini", "gpt-5-mini", "gpt-5.2-mini"], "gpt-5.2-mini", id="the newest"),
        pytest.param("claude-x-4-5", ["claude-x-4-6", "claude-x-4-1"], "claude-x-4-6", id="dashes"),
        pytest.param("m-2024-08-06", ["m-2024-11-20"], "m-2024-11-20", id="a snapshot"),
        pytest.param("m-4", ["m-4-2024-11-20"], None, id="a snapshot of its own"),
        pytest.param("gpt-4o", ["gpt-4o-mini", "gpt-4", "gpt-5"], None, id="another line"),
        pytest.param("gpt-5", ["gpt-5", "gpt-4.1"], None, id="older ones"),
        pytest.param("m-1", ["m-" + "9" * 5000], None, id="nonsense"),
    ],
)
def test_a_successor_is_the_same_name_with_a_higher_number(model: str, listed: list[str], expected: str | None) -> None:
    assert successor(model, listed) == expected


def test_names_of_a_server_are_read_and_nonsense_is_left_out() -> None:
    assert read_names({"data": [{"id": "a"}, {"id": 3}, "x", {"id": "y" * 300}]}) == ("a",)
    assert read_names([]) == ()

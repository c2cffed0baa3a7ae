"""A planted world (`planted.py`) as an OpenAI-compatible server here: `scorer` answers cases, `optimizer` writes.

Every tool asks in its own words and gets the same: the scorer goes by the rules that stand before the last message,
and draws anew when it is asked the same again; the optimizer changes rules of the text that is to be improved, helpful
ones twice as likely where failures are shown. A reply is in the form that the question asks for: promptci's, GEPA's
fenced text, or DSPy's fields. Each choice of an answer counts as a call; nothing is answered above the cap.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from planted import Models, World

from promptci.core import Case

_RULE = re.compile(r"Rule (\w+) \w+\.")
_TICKET = re.compile(r"ticket \d+x\d+q says \d+z")
_FENCED = re.compile(r"```\n(.*?)\n```", re.DOTALL)
_OUTPUTS = re.compile(r"Your output fields are:\n((?:\d+\. `.*\n(?:(?!\d+\. `|All interactions).*\n)*)+)")
_FIELD = re.compile(r"^\d+\. `(\w+)`", re.MULTILINE)
_VALUE = r"\[\[ ## %s ## \]\]\n(.*?)(?=\n\n\[\[ ## |\n\nRespond with|\Z)"
_ATTEMPT = re.compile(r"Instruction #\d+: ([^»\n]*)")


class Planted:
    """The two models of one world; `bold` is how many rules a whole text may change at once."""

    def __init__(self, world: World, cases: Sequence[Case], cap: int, bold: int) -> None:
        self.models = Models(world, (), cap)
        self.cases = {str(case.vars["ticket"]): case for case in cases}
        self.bold, self.calls, self.refused = bold, 0, 0
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, body: dict[str, Any]) -> list[str] | None:
        """The texts of each choice; None above the cap."""
        said = [str(message["content"]) for message in body["messages"]]
        key, n = json.dumps([body["model"], *said]), int(body.get("n") or 1)
        with self._lock:
            if self.calls + n > self.models.cap:
                self.refused += n
                return None
            self.calls += n
            first = self._asked[key]
            self._asked[key] += n
            if body["model"] == "scorer":
                return [self._scored(said, sample) for sample in range(first, first + n)]
            return [self._written("\n".join(said), random.Random(f"{s}:{key}")) for s in range(first, first + n)]

    def _scored(self, said: Sequence[str], sample: int) -> str:
        found = _TICKET.findall(said[-1])
        assert len(set(found)) == 1, said[-1]
        case, text = self.cases[found[0]], "\n".join(said[:-1])
        label = str(self.models.outcome(case, self.models.passes(text, case, sample)).output)
        return _in_fields(dict.fromkeys(_fields(said[0]), label)) or label

    def _written(self, question: str, rng: random.Random) -> str:
        times = rng.randint(1, self.bold)
        if "within ``` blocks" in question:  # GEPA: the text is the first thing that is fenced
            fenced = _FENCED.search(question)
            assert fenced, question
            informed = "incorrect" in question
            return f"```\n{self.models.changed(_RULE.findall(fenced[1]), informed, rng, times)}\n```"
        if fields := _fields(question):
            return _in_fields({name: self._field(name, question, rng, times) for name in fields})
        return self.models.reply(question, rng)

    def _field(self, name: str, question: str, rng: random.Random, times: int) -> str:
        if name == "proposed_instruction":
            tried = _ATTEMPT.findall(question)[-5:]  # the best is last, as COPRO sorts them
            known = rng.choices(tried, range(1, len(tried) + 1))[0] if tried else _value("basic_instruction", question)
            return self.models.changed(_RULE.findall(known), False, rng, times)
        if name == "module_advice":  # SIMBA shows one answer that failed and one that did not
            have = set(_RULE.findall(question))
            rules = " ".join(f"Rule {self.models.drawn(have, True, rng)} applies." for _ in range(times))
            return json.dumps(dict.fromkeys(json.loads(_value("module_names", question)), rules))
        return "Tickets are sorted."


def _fields(question: str) -> list[str]:
    """The fields that DSPy asks for; none where it is not DSPy that asks."""
    found = _OUTPUTS.search(question)
    return _FIELD.findall(found[1]) if found else []


def _value(name: str, question: str) -> str:
    """What stands in a field of the question; fields are shown empty first, so the last one counts."""
    return str(re.findall(_VALUE % name, question, re.DOTALL)[-1])


def _in_fields(values: dict[str, str]) -> str:
    if not values:
        return ""
    return "\n\n".join([*(f"[[ ## {k} ## ]]\n{v}" for k, v in values.items()), "[[ ## completed ## ]]"])


class Handler(BaseHTTPRequestHandler):
    """Answers for the server's world."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        planted = self.server.planted
        self.tell(200, {"calls": planted.calls, "refused": planted.refused})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = self.server.planted.answer(body)
        if texts is None:
            self.tell(400, {"error": {"message": "the cap of calls is reached", "type": "invalid_request_error"}})
            return
        choices = [
            {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for i, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
        head = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"]}
        self.tell(200, {**head, "choices": choices, "usage": usage})

    def tell(self, status: int, value: object) -> None:
        said = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


class Server(ThreadingHTTPServer):
    """One world behind a free port."""

    request_queue_size, daemon_threads = 256, True

    def __init__(self, planted: Planted) -> None:
        self.planted = planted
        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def served(planted: Planted) -> Iterator[str]:
    """The base URL under which `planted` answers; `/stats` there tells its calls."""
    with Server(planted) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()

"""`promptci view` over real HTTP: who gets in, what is shown, what is written, and that nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import pytest

from promptci.commands.check import check
from promptci.errors import DataError
from promptci.project.project import locate
from promptci.view.labels import Grade, labelled
from promptci.view.server import POLICY, Server
from tests.conftest import START, Repo, cases
from tests.report.browser import CHROMIUM, started
from tests.report.nasties import NASTIES
from tests.serving import at_work

PATHS = ["/", "/run/one", "/prompt/say", "/case/one/say/c0001", "/label/one/say"]


@dataclass
class Reader:
    """A browser without a screen: keeps the cookie, follows nothing."""

    server: Server
    cookie: str = ""

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
        link = HTTPConnection("127.0.0.1", self.server.server_port, timeout=60)
        body = None if form is None else urlencode(form)
        link.request("GET" if form is None else "POST", path, body, {"Cookie": self.cookie, **headers})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        return answer.status, text, dict(answer.getheaders())

    def enter(self) -> Reader:
        status, _, headers = self.ask("/?key=" + (self.server.key or ""))
        assert status == 303
        self.cookie = headers["Set-Cookie"].split(";")[0]
        return self


@pytest.fixture
def hostile(repo: Repo) -> Repo:
    """A run whose answers are the nasty texts."""
    repo.write("evals/say.jsonl", cases(len(NASTIES)))
    repo.model.score = lambda text, sample: NASTIES[int(text.rsplit("number ", 1)[1].split()[0])] or "-"
    repo.commit("Other cases", push=True)
    check(repo.options(run="one"), everything=True, base="HEAD")
    repo.write("prompts/say.md", START.replace("Say", "Speak") + "\n")
    return repo


@pytest.fixture
def server(hostile: Repo) -> Iterator[Server]:
    with at_work(Server(locate(hostile.path / "promptci.yaml", hostile.path), 0)) as made:
        yield made


def test_the_key_opens_once_and_nobody_else_gets_in(server: Server) -> None:
    key = server.key
    assert Reader(server).ask("/")[0] == 403
    assert Reader(server).ask("/?key=wrong")[0] == 403
    reader = Reader(server).enter()
    assert reader.ask("/")[0] == 200
    assert Reader(server).ask(f"/?key={key}")[0] == 403
    assert reader.ask("/", Host="evil.example")[0] == 403  # another name for this machine is another site's
    assert server.server_address[0] == "127.0.0.1"


def test_every_page_is_there_and_lets_nothing_run(server: Server) -> None:
    reader = Reader(server).enter()
    for path in (
        "/",
        "/run/one",
        "/prompts",
        "/prompt/say",
        "/case/one/say/c0001",
        "/label/one/say",
        "/compare?a=one&b=one",
    ):
        status, text, headers = reader.ask(path)
        assert status == 200, (path, text[:300])
        policy = headers["Content-Security-Policy"]
        assert policy == POLICY or "Content-Security-Policy" in text
        assert "<script>alert" not in text
    for path in ("/run/none", "/nothing", "/case/one/say/none", "/run/..%2F..%2Fx", "/label/one/none"):
        assert reader.ask(path)[0] == 404, path


def test_grades_are_written_after_their_diff_was_shown(server: Server, hostile: Repo) -> None:
    reader, evals = Reader(server).enter(), hostile.path / "evals" / "say.jsonl"
    before = evals.read_bytes()
    asked = {"token": server.site.token, "grade:c0003": "pass", "grade:c0004": "", "grade:unknown": "pass"}
    status, text, _ = reader.ask("/label/one/say", asked)
    assert (status, "+{&quot;id&quot;: &quot;c0003&quot;" in text) == (200, True)
    assert evals.read_bytes() == before
    seen = text.split('name="seen" value="')[1].split('"')[0]
    assert reader.ask("/label/one/say", {**asked, "token": "x", "seen": seen})[0] == 404
    assert evals.read_bytes() == before
    assert reader.ask("/label/one/say", {**asked, "seen": seen})[0] == 200
    rows = [json.loads(line) for line in evals.read_text().splitlines()]
    assert [row["id"] for row in rows if "human" in row] == ["c0003"]
    assert rows[3]["human"] == "pass"
    assert rows[3]["output"] == NASTIES[3]
    assert reader.ask("/label/one/say", {**asked, "seen": seen})[0] == 404  # the file is another one by now


def test_fifty_readers_are_served_at_once_while_a_run_goes_on(server: Server, hostile: Repo) -> None:
    reader = Reader(server).enter()
    paths = PATHS * 10
    with ThreadPoolExecutor(51) as pool:
        run = pool.submit(check, hostile.options(run="two"), base="HEAD")
        statuses = list(pool.map(lambda path: reader.ask(path)[0], paths))
        run.result()
    assert statuses == [200] * 50
    assert "two" in reader.ask("/")[1]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_in_a_browser_hostile_texts_run_nothing_and_ask_for_nothing(server: Server) -> None:
    from axe_playwright_python.sync_playwright import Axe

    said: list[str] = []
    with started() as browser:
        tab = browser.chromium.new_page()
        tab.on("dialog", lambda opened: said.append(opened.message))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("request", lambda request: said.append(request.url))
        tab.goto(server.address)
        for path in ("/", "/prompt/say", "/label/one/say", *(f"/case/one/say/c{n:04}" for n in range(0, 60, 10))):
            tab.goto(f"http://127.0.0.1:{server.server_port}{path}")
            assert tab.locator("h1").count() == 1
        for path in ("/", "/prompts", "/prompt/say", "/label/one/say", "/case/one/say/c0001"):
            tab.goto(f"http://127.0.0.1:{server.server_port}{path}")
            found = Axe().run(tab)
            assert found.violations_count == 0, path + found.generate_report()
            tab.set_viewport_size({"width": 390, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    own = f"http://127.0.0.1:{server.server_port}/"
    assert [text for text in said if not text.startswith(own) and "favicon" not in text] == []


@pytest.mark.parametrize(
    ("row", "after"),
    [
        ('{"id": "a", "input": "x"}', '{"id": "a", "input": "x", "human": "pass", "output": "o"}'),
        ('{"id":"a"}\r', '{"id":"a", "human": "pass", "output": "o"}\r'),
        ('{"human": "fail", "id": "a"}', '{"human": "pass", "id": "a", "output": "o"}'),
    ],
    ids=["added", "windows", "changed"],
)
def test_a_grade_changes_its_row_alone(row: str, after: str) -> None:
    other = '{"id": "b",  "input": "\\u00e9"}'
    got = labelled(f"{row}\n\n{other}\n".encode(), "x.jsonl", {"a": Grade("pass", "o")})
    assert got.decode() == f"{after}\n\n{other}\n"


@pytest.mark.parametrize(("place", "case"), [("x.csv", "a"), ("x.jsonl", quote("c"))])
def test_what_cannot_be_written_is_refused(place: str, case: str) -> None:
    with pytest.raises(DataError):
        labelled(b'{"id": "a"}\n', place, {case: Grade("pass", "o")})

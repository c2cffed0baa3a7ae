"""The server of `promptci view`: this machine only, a token that opens it once, and a policy that lets nothing run."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from promptci.errors import PromptciError
from promptci.project.project import Project
from promptci.view import parts
from promptci.view.site import Page, Site

MAX_FORM = 2_000_000  # bytes
MOST = 64  # requests answered at once; the others wait
COOKIE = "promptci"
_STYLE = base64.b64encode(hashlib.sha256(parts.style().encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
REPORT_POLICY = "frame-ancestors 'none'"  # a report's page has a stricter one of its own

_FIXED = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Server(ThreadingHTTPServer):
    """Serves one project's pages on 127.0.0.1. `key` opens it once; whoever did has `session` as a cookie."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, project: Project, port: int) -> None:
        self.site = Site(project, secrets.token_urlsafe(24))
        self.key: str | None = secrets.token_urlsafe(24)
        self.session = secrets.token_urlsafe(24)
        self.room, self.lock = threading.BoundedSemaphore(MOST), threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def address(self) -> str:
        """The address that opens the pages, once."""
        return f"http://127.0.0.1:{self.server_port}/?key={self.key}"

    def redeem(self, given: str) -> bool:
        """Whether `given` opens the pages; it does so once."""
        with self.lock:
            if self.key is None or not secrets.compare_digest(given.encode(), self.key.encode()):
                return False
            self.key = None
            return True


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version, sys_version, timeout = "promptci", "", 30

    def do_GET(self) -> None:
        """Answer with a page."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if self._local() and "key" in query and self.server.redeem(query["key"]):
            self._send(303, b"", {"Location": "/", "Set-Cookie": self._cookie()})
            return
        self._answer(lambda: self.server.site.get(_parts(url.path), query))

    def do_POST(self) -> None:
        """Take a form."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_FORM:
            self._page(413, parts.page("Too large"))
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=20_000))
        self._answer(lambda: self.server.site.post(_parts(urlsplit(self.path).path), form))

    def _answer(self, made: Callable[[], Page]) -> None:
        if not self._local() or not self._known():
            self._page(403, parts.page("Not open", "<p>Open the address that `promptci view` printed.</p>"))
            return
        try:
            with self.server.room:
                html, is_report = made()
        except PromptciError as problem:
            self._page(404, parts.page("Not found", f"<p>{parts.text(problem)}</p>"))
            return
        self._page(200, html, REPORT_POLICY if is_report else POLICY)

    def _local(self) -> bool:
        """Whether the request names this machine: a page elsewhere may have its name resolved to 127.0.0.1."""
        return self.headers.get("Host", "") in {f"{n}:{self.server.server_port}" for n in ("127.0.0.1", "localhost")}

    def _known(self) -> bool:
        given = [part.strip().partition("=") for part in self.headers.get("Cookie", "").split(";")]
        known = self.server.session.encode()
        return any(name == COOKIE and secrets.compare_digest(value.encode(), known) for name, _, value in given)

    def _cookie(self) -> str:
        return f"{COOKIE}={self.server.session}; HttpOnly; SameSite=Strict; Path=/"

    def _page(self, status: int, html: str, policy: str = POLICY) -> None:
        self._send(status, html.encode("utf-8", "replace"), {"Content-Security-Policy": policy})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_FIXED, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing: addresses hold the key."""


def _parts(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def view(project: Project, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted. Raises OSError for a port that is taken."""
    with Server(project, port) as server:
        announce(f"Open {server.address} (once; ^C ends it)")
        server.serve_forever(poll_interval=0.2)

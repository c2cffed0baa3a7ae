"""Whatever keeps a server from answering is said in plain words, with a next step and without a class's name."""

from __future__ import annotations

import errno
import socket
import ssl
from http.client import BadStatusLine, IncompleteRead
from urllib.error import URLError

import pytest

from promptci import unanswered

URL = "https://user:secret@api.example:8443/v1"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(
            ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)"),
            "nothing listens at api.example:8443 (connection refused); start the server, or correct the address",
            id="refused",
        ),
        pytest.param(
            socket.gaierror(-2, "Name or service not known"),
            "the host of api.example:8443 is not found (Name or service not known); correct the address",
            id="no-such-host",
        ),
        pytest.param(
            ConnectionResetError(104, "Connection reset by peer"),
            "api.example:8443 ended the connection before its answer was whole; the server's log may say why",
            id="reset",
        ),
        pytest.param(
            ssl.SSLError(1, "wrong version number"),
            "no TLS with api.example:8443 (wrong version number); where the server has none, the address begins "
            "with http://",
            id="no-tls",
        ),
        pytest.param(
            ssl.SSLCertVerificationError(1, "certificate verify failed"),
            "the certificate of api.example:8443 is not trusted (certificate verify failed); correct the "
            "address, or trust who signed it",
            id="nobody-trusted-signed-it",
        ),
        pytest.param(
            BadStatusLine("220 mail ready"),
            "what answers at api.example:8443 does not speak HTTP (220 mail ready); correct the address",
            id="another-protocol",
        ),
        pytest.param(
            IncompleteRead(b"x"),
            "api.example:8443 ended the connection before its answer was whole; the server's log may say why",
            id="half-an-answer",
        ),
        pytest.param(
            TimeoutError(),
            "api.example:8443 does not answer in time; correct the address, or look at the firewall and the proxy "
            "before it",
            id="late",
        ),
        pytest.param(
            OSError(errno.ENETUNREACH, "Network is unreachable"),
            "there is no way to api.example:8443 from here (Network is unreachable); look at the network and its proxy",
            id="no-network",
        ),
        pytest.param(
            ValueError("bad chunk"), "the exchange with api.example:8443 failed: bad chunk", id="what-nobody-foresaw"
        ),
        pytest.param(EOFError(), "the exchange with api.example:8443 failed: EOFError", id="without-words"),
    ],
)
@pytest.mark.parametrize("proxied", [False, True], ids=["straight", "by-a-proxy"])
def test_each_cause_is_told_whoever_wraps_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, proxied: bool
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if proxied:
        monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    wrapped = RuntimeError("Connection error.")
    wrapped.__cause__ = error
    plain = said if not proxied else said.replace(":8443", ":8443 by the proxy proxy.example:3128")
    for way in (error, wrapped, URLError(error)):
        assert unanswered.said(way, URL) == plain


def test_an_address_here_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    said = unanswered.said(ConnectionRefusedError(), "http://127.0.0.1:9/v1")
    assert said.startswith("nothing listens at 127.0.0.1:9 (connection refused)")

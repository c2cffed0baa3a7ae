"""Why a server was not reached, or did not answer whole: in plain words, with what to do next."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable
from http.client import BadStatusLine, IncompleteRead
from socket import gaierror
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


def said(error: BaseException, url: str) -> str:
    """Return what became of a request to `url`, by the innermost cause: the outer ones only say "connection error".

    The text names the host, never a user or a password of the address. It may quote the server: it is untrusted.
    """
    where, cause = _way(url), _innermost(error)
    for kind, words in _KNOWN.items():
        if isinstance(cause, kind):
            return words(where, cause)
    if isinstance(cause, OSError) and cause.errno in _NO_WAY:
        return f"there is no way to {where} from here ({cause.strerror}); look at the network and its proxy"
    return f"the exchange with {where} failed: {str(cause) or type(cause).__name__}"


def _way(url: str) -> str:
    """The host with its port, and the proxy before it: either may be what does not answer."""
    parts = urlsplit(url)
    direct = parts.hostname in _LOOPBACK or proxy_bypass(parts.hostname or "")
    proxy = None if direct else getproxies().get(parts.scheme)
    return _host(url) + (f" by the proxy {_host(proxy)}" if proxy else "")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or "the server"


def _innermost(error: BaseException) -> BaseException:
    """The first cause of an error, also by urllib's way of holding it."""
    while isinstance(inner := error.__cause__ or getattr(error, "reason", None), BaseException):
        error = inner
    return error


def _refused(where: str, _: BaseException) -> str:
    return f"nothing listens at {where} (connection refused); start the server, or correct the address"


def _unknown(where: str, cause: BaseException) -> str:
    return f"the host of {where} is not found ({getattr(cause, 'strerror', cause)}); correct the address"


def _untrusted(where: str, cause: BaseException) -> str:
    why = getattr(cause, "verify_message", "") or cause
    return f"the certificate of {where} is not trusted ({why}); correct the address, or trust who signed it"


def _no_tls(where: str, cause: BaseException) -> str:
    why = getattr(cause, "reason", None) or cause
    return f"no TLS with {where} ({why}); where the server has none, the address begins with http://"


def _ended(where: str, _: BaseException) -> str:
    return f"{where} ended the connection before its answer was whole; the server's log may say why"


def _no_http(where: str, cause: BaseException) -> str:
    return f"what answers at {where} does not speak HTTP ({str(cause).strip()[:60]}); correct the address"


def _late(where: str, _: BaseException) -> str:
    return f"{where} does not answer in time; correct the address, or look at the firewall and the proxy before it"


# The first that fits: the special kinds stand before those that they are of.
_KNOWN: dict[type[BaseException], Callable[[str, BaseException], str]] = {
    ConnectionRefusedError: _refused,
    ConnectionError: _ended,
    IncompleteRead: _ended,
    BadStatusLine: _no_http,
    gaierror: _unknown,
    ssl.SSLCertVerificationError: _untrusted,
    ssl.SSLError: _no_tls,
    TimeoutError: _late,
}

"""HTTP for the openai client, by aiohttp: to one origin only, following no redirect, reading no endless answer.

The package brings an aiohttp transport of its own; it neither bounds an answer nor keeps to one host, and hands bodies
on in pieces, which costs more.
"""

from __future__ import annotations

from contextvars import ContextVar
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

most_bytes: ContextVar[int] = ContextVar("most_bytes", default=2**20)
_OF_THE_BODY = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # as it came, not as it is read
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PIECE = 2**16
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=20.0)  # the whole answer's deadline is the pipeline's


class TooLargeError(httpx2.TransportError):
    """The answer went on past what its request allows."""


class UnreachedError(httpx2.TransportError):
    """No connection came about: the request never left."""


class OriginTransport(httpx2.AsyncBaseTransport):
    """Carries requests to `origin` (scheme, host and port of a base address) and refuses every other.

    `anonymous` leaves the Authorization header out: for servers without keys, and those that take the key elsewhere.
    """

    def __init__(self, origin: httpx2.URL, *, anonymous: bool) -> None:
        self._origin = origin
        self._anonymous = anonymous
        self._session: aiohttp.ClientSession | None = None
        direct = origin.host in _LOOPBACK or proxy_bypass(origin.host)
        self._proxy = None if direct else getproxies().get(origin.scheme)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send once, and read the whole answer up to `most_bytes`."""
        url = request.url
        if (url.scheme, url.host, url.port) != (self._origin.scheme, self._origin.host, self._origin.port):
            raise httpx2.UnsupportedProtocol(f"{url.host} is not the configured server {self._origin.host}")
        await request.aread()  # a form with a file comes as a stream
        headers = [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw]
        if self._anonymous:
            headers = [pair for pair in headers if pair[0].lower() != "authorization"]
        try:
            async with self._opened().request(
                request.method,
                str(url),
                headers=headers,
                data=request.content,
                allow_redirects=False,
                proxy=self._proxy,
            ) as response:
                body = await _read(response, most_bytes.get())
                kept = [(name, value) for name, value in response.headers.items() if name.lower() not in _OF_THE_BODY]
                return httpx2.Response(response.status, headers=kept, content=body, request=request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnreachedError(f"{type(error).__name__}: {error}") from error
        except aiohttp.ClientError as error:
            raise httpx2.TransportError(f"{type(error).__name__}: {error}") from error

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """The session, made inside the running loop. Connections and deadlines are bounded above."""
        if self._session is None:
            secure = httpx2.create_ssl_context() if self._origin.scheme == "https" else False
            connector = aiohttp.TCPConnector(limit=0, ssl=secure)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(_PIECE):
        size += len(piece)
        if size > most:
            response.close()
            raise TooLargeError(f"the answer is larger than {most} bytes")
        pieces.append(piece)
    return b"".join(pieces)

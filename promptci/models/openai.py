"""Any server that speaks OpenAI's protocol, through the official package's client and its raw-response layer.

The package's own retries, parsing and per-read timeout are not used: retry.py, answers.py and the pipeline's total
deadline do what is needed, and the raw layer costs half as much per call.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from promptci import unanswered
from promptci.core import Json
from promptci.models import keys, transport, wire
from promptci.models.answers import MalformedError, error_of, reply_of
from promptci.models.base import Failure, FailureKind, ModelSpec, Reply, Request
from promptci.models.learning import Learned
from promptci.models.retry import retry_after_s
from promptci.models.secrets import Redactor, key_of, secrets_of

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_LONGEST_WORDS = 4000
_LONGEST_DETAIL = 300
REASONERS = re.compile(r"(openai/)?(o[1-9]|gpt-[5-9])")
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
_STATUS: dict[int, FailureKind] = {
    401: "credentials", 403: "credentials", 402: "quota", 429: "rate_limit",
    408: "server", 409: "server", 425: "server",
}  # fmt: skip


class OpenAIClient:
    """One model at one server; connections are kept between calls, and what the server refuses is learned."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._key = key_of(spec)
        self._redact = Redactor(secrets_of([spec]))
        self._learned = Learned()
        if REASONERS.match(spec.model):  # known not to take it; the server would say so otherwise
            self._learned.refused.add("max_tokens")
        self._client: AsyncOpenAI | None = None

    def recall(self, mends: Iterable[str]) -> None:
        """See `Learner`."""
        self._learned.recall(mends)

    async def send(self, request: Request) -> Reply:
        """See `Client`."""
        if self._key is None and keys.server(self._spec) == keys.OPENAI_URL:
            return self._failed("credentials", _no_key(self._spec), unsent=True)
        if self._client is None:
            self._client = connected(self._spec, self._key)
        import httpx2
        import openai

        body = self._learned.apply(wire.body_of(request))
        transport.most_bytes.set(wire.most_bytes(request))
        try:
            response = await self._client.post(wire.path_of(request), cast_to=httpx2.Response, body=body)
            return reply_of(response.content, request, self._redact)
        except openai.APIStatusError as error:
            return self._refused(error.response, request, body)
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, transport.TooLargeError):
                return self._failed("malformed", str(error.__cause__))
            words = unanswered.said(error, keys.server(self._spec))
            return self._failed("connection", words, unsent=isinstance(error.__cause__, transport.UnreachedError))
        except (MalformedError, UnicodeError) as error:
            return self._failed("malformed", str(error))

    async def close(self) -> None:
        """See `Client`."""
        if self._client is not None:
            await self._client.close()

    def _refused(self, response: httpx2.Response, request: Request, body: Mapping[str, Json]) -> Reply:
        """A status that is not 200. The server's words are quoted without anything that looks like a key."""
        status, error = response.status_code, error_of(response.content)
        words = f"status {status}: {error.get('message') or error}"
        if 300 <= status < 400:
            words = f"status {status}: redirects to {response.headers.get('location')}, which is not followed"
            return self._failed("bad_request", words)
        if status in (400, 403, 422):
            mend = self._learned.lesson(error, body, {**request.spec.extra, **request.spec.parameters})
            if mend is not None:
                return self._failed("bad_request", words, mend=mend)
        told = {str(error.get(name)) for name in ("code", "type")}
        if told & _QUOTA:
            return self._failed("quota", words)
        if "content_filter" in told:
            return self._failed("refused", words)
        kind = _STATUS.get(status, "server" if status >= 500 else "bad_request")
        return self._failed(kind, words, retry_after_s=retry_after_s(response.headers, time.time()))

    def _failed(
        self,
        kind: FailureKind,
        words: str,
        *,
        retry_after_s: float | None = None,
        mend: str | None = None,
        unsent: bool = False,
    ) -> Reply:
        plain = self._redact.strictly(words[:_LONGEST_WORDS])[:_LONGEST_DETAIL]
        return Reply(failure=Failure(kind, plain, retry_after_s, mend, unsent))


def connected(spec: ModelSpec, key: str | None) -> AsyncOpenAI:
    """The package's client over our transport: one origin, no redirects, no retries and no timeout of its own."""
    import httpx2
    import openai

    address = urlsplit(keys.OPENAI_URL if spec.base_url is None else spec.base_url)
    query = dict(parse_qsl(address.query))
    base_url = urlunsplit(address._replace(query="", fragment=""))
    azure = "api-version" in query or (address.hostname or "").endswith(_AZURE)
    headers = {"Accept-Encoding": "identity"} | ({"api-key": key} if azure and key else {})
    carrier = transport.OriginTransport(httpx2.URL(base_url), anonymous=azure or key is None)
    return openai.AsyncOpenAI(
        api_key=key or "none",  # the package insists on one; the transport leaves it out
        admin_api_key="",  # not the one from the environment: the configuration names the variable that is used
        base_url=base_url,
        default_query=query,
        default_headers=headers,
        max_retries=0,
        timeout=None,
        http_client=httpx2.AsyncClient(transport=carrier, timeout=None, follow_redirects=False),
    )


def _no_key(spec: ModelSpec) -> str:
    """What is missing; in CI the usual cause is a secret that is not handed on."""
    forks = " (pull requests from forks get no secrets)" if os.environ.get("CI") else ""
    return f"the environment variable {spec.api_key_env} is not set{forks}"

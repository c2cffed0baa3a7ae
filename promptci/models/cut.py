"""Answers that were cut at the cap on tokens: which cap it was, where it is set, and who cannot use such an answer."""

from __future__ import annotations

from dataclasses import replace

from promptci.models import keys, parameters
from promptci.models.base import Failure, Reply, Request


def words(request: Request) -> str:
    """Say that the answer to `request` was cut: at which cap, of which value, and which setting raises it."""
    name = parameters.own_name(request.spec)
    setting = f"models.{request.role}.{'max_tokens' if name is None else f'extra.{name}'}"
    return f"the answer was cut at {name or 'max_tokens'} ({keys.max_tokens(request)}); raise {setting}"


def whole(request: Request, reply: Reply) -> Reply:
    """Return `reply`, or a Failure `truncated` in its place when it was cut: for readers that need all of a text."""
    if not reply.cut:
        return reply
    return replace(reply, texts=(), failure=Failure("truncated", words(request)), cut=False)

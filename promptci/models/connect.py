"""Which client carries requests to which kind of model. Each is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable

from promptci.models import keys
from promptci.models.base import Client, ModelSpec


def _offline(spec: ModelSpec) -> Client:
    from promptci.models.offline.client import OfflineClient

    return OfflineClient(seed=spec.seed or 0)


def _openai(spec: ModelSpec) -> Client:
    from promptci.models.openai import OpenAIClient

    return OpenAIClient(spec)


PROVIDERS: dict[str, Callable[[ModelSpec], Client]] = {"offline": _offline, "openai": _openai}


def connect(spec: ModelSpec) -> Client:
    """A client for the spec: the embedded model, or whatever speaks OpenAI's protocol at `base_url`."""
    return PROVIDERS["offline" if keys.server(spec) == "offline" else "openai"](spec)

"""Which client carries requests to which kind of model. Each is imported when it is first needed."""

from __future__ import annotations

import gc
from collections.abc import Callable

from promptci.models import keys
from promptci.models.base import Client, ModelSpec


def _offline(_: ModelSpec) -> Client:
    from promptci.models.offline.client import OfflineClient

    return OfflineClient()


def _openai(spec: ModelSpec) -> Client:
    collects = gc.isenabled()
    gc.disable()  # the package makes a hundred thousand objects that stay: looking for garbage among them is a tenth
    try:  # of the time that its import takes, and would be again at every later collection
        import openai  # noqa: F401 - imported here so that all of it is

        from promptci.models.openai import OpenAIClient
    finally:
        gc.freeze()
        if collects:
            gc.enable()
    return OpenAIClient(spec)


PROVIDERS: dict[str, Callable[[ModelSpec], Client]] = {"offline": _offline, "openai": _openai}


def connect(spec: ModelSpec) -> Client:
    """A client for the spec: the embedded model, or whatever speaks OpenAI's protocol at `base_url`."""
    return PROVIDERS["offline" if keys.server(spec) == "offline" else "openai"](spec)

"""Which client carries requests to which kind of model. Each is imported when it is first needed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from threading import Thread

from promptci.models import keys
from promptci.models.base import Carried, Client, ModelSpec


def _offline(_: ModelSpec) -> Client:
    from promptci.models.offline.client import OfflineClient

    return OfflineClient()


def _openai(spec: ModelSpec) -> Client:
    _load()
    from promptci.models.openai import OpenAIClient

    return OpenAIClient(spec)


def _load() -> None:
    collects = gc.isenabled()
    gc.disable()  # the package makes a hundred thousand objects that stay: looking for garbage among them is a tenth
    try:  # of the time that its import takes, and would be again at every later collection
        import openai  # noqa: F401  # imported here so that all of it is

        import promptci.models.openai
        import promptci.models.pipeline  # noqa: F401  # likewise
    finally:
        gc.freeze()
        if collects:
            gc.enable()


PROVIDERS: dict[str, Callable[[ModelSpec], Client]] = {"offline": _offline, "openai": _openai}


def warm(specs: Iterable[ModelSpec]) -> Thread | None:
    """Begin to import the client of `specs` beside other work, for a run that will send; None when none needs it."""
    if all(keys.server(spec) == "offline" for spec in specs):
        return None
    thread = Thread(target=_load, name="client", daemon=True)
    thread.start()
    return thread


def connect(spec: ModelSpec) -> Client:
    """A client for the spec: its own, the embedded model, or whatever speaks OpenAI's protocol at `base_url`."""
    if isinstance(spec, Carried):
        return spec.client()
    return PROVIDERS["offline" if keys.server(spec) == "offline" else "openai"](spec)

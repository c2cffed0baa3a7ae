"""Complements in LiteLLM's proxy: a callback that changes a chat before it is sent on.

Names and arguments of the hook: LiteLLM, docs/proxy/call_hooks (`async_pre_call_hook`).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

from promptci.augment.augmenter import Augmenter
from promptci.augment.improved import Improved
from promptci.core import Message
from promptci.errors import ConfigError

MARK = "promptci_augmented"  # in a request's metadata: it went through here
_ROLES: Mapping[str, Literal["system", "user", "assistant", "tool"]] = {
    "user": "user", "assistant": "assistant", "tool": "tool", "function": "tool",
}  # fmt: skip
_CHATS = frozenset(("completion", "acompletion"))


def hook(augmenter: Augmenter) -> Any:
    """Return a callback for `litellm_settings: callbacks`. Raises ConfigError when LiteLLM is not installed."""
    try:
        base: Any = import_module("litellm.integrations.custom_logger").CustomLogger
    except ImportError:
        hint = "pip install 'litellm[proxy]'"
        raise ConfigError("the hook needs the package 'litellm', which is not installed", hint=hint) from None

    async def before(
        _self: Any, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> dict[str, Any]:  # called by these names
        del user_api_key_dict, cache
        return await changed(augmenter, data) if call_type in _CHATS else data

    return type("PromptciHook", (base,), {"async_pre_call_hook": before, "augmenter": augmenter})()


async def changed(augmenter: Augmenter, data: dict[str, Any]) -> dict[str, Any]:
    """The request's data with its one user's turn improved; the rest, and whatever is no plain text, stays as it is.

    The metadata say so, with the reason where it is unchanged; a request that has the mark is left alone.
    """
    metadata = data.get("metadata") if isinstance(data.get("metadata"), dict) else {}
    messages = data.get("messages")
    if not isinstance(messages, list) or MARK in (metadata or {}):
        return data
    plain = [_plain(message) for message in messages]
    if any(message is None for message in plain):
        return data
    after, found = await augmenter.chat([message for message in plain if message is not None])
    turns = [{**m, "content": new.content} if _differs(m, new) else m for m, new in zip(messages, after, strict=True)]
    return {**data, "messages": turns, "metadata": {**(metadata or {}), MARK: told(found)}}


def told(found: Improved) -> str:
    """One word on what became of a request: `changed`, or why it was not."""
    return "changed" if found.reason is None else found.reason.kind


def _plain(message: Any) -> Message | None:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return None
    content = message.get("content")
    role = _ROLES.get(message["role"], "system")
    if role == "user" and not isinstance(content, str):
        return None  # pictures and the like
    return Message(role, content if isinstance(content, str) else "")


def _differs(message: dict[str, Any], new: Message) -> bool:
    return new.role == "user" and message.get("content") != new.content

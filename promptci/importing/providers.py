"""promptfoo's providers as models of ours: those that an OpenAI-compatible client can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SERVERS: Mapping[str, tuple[str | None, str]] = {
    "openai": (None, "OPENAI_API_KEY"),
    "anthropic": ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "azure": (None, "AZURE_API_KEY"),  # its address is each owner's own
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "togetherai": ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "fireworks": ("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "cerebras": ("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "xai": ("https://api.x.ai/v1", "XAI_API_KEY"),
    "ollama": ("http://localhost:11434/v1", "OLLAMA_API_KEY"),
    "vllm": ("http://localhost:8000/v1", "VLLM_API_KEY"),
    "localai": ("http://localhost:8080/v1", "LOCALAI_API_KEY"),
}
_KINDS = re.compile(r"(?:chat|responses|messages|embeddings?):")
# Parts of a name that say it is asked for something else than a text for a chat.
_OTHER = frozenset((
    "agents", "assistant", "claude-agent-sdk", "claude-code", "codex-sdk", "completion", "image", "live", "moderation",
    "realtime", "speech", "transcription", "tts", "video",
))  # fmt: skip
_FIELDS = ("temperature", "max_tokens", "seed")
# What a server is sent as it stands, of the settings that promptfoo's providers of this kind know.
_SENT = (
    "top_p", "top_k", "presence_penalty", "frequency_penalty", "stop", "response_format", "tools", "tool_choice",
    "parallel_tool_calls", "reasoning_effort", "max_completion_tokens", "service_tier", "verbosity",
)  # fmt: skip
_ADDRESS = ("apiBaseUrl", "baseUrl", "apiHost")
_READ = (*_FIELDS, *_SENT, *_ADDRESS, "apiKeyEnvar", "model")


def scorer_of(given: Any) -> dict[str, Any] | str:
    """Return `models.scorer` (or another role) for a provider, or why it cannot be one."""
    name, config = _said(given)
    server, _, model = name.partition(":")
    if name == "echo":
        return {"model": "echo"}
    if server not in _SERVERS or "embedding" in model or _OTHER & set(model.split(":")[:1]):
        return f"the provider '{name}'"
    return _reached(name, server, model, config)


def embedder_of(given: Any) -> dict[str, Any] | str:
    """Return `models.embedder` for a provider of embeddings, or why it cannot be one."""
    name, config = _said(given)
    server, _, model = name.partition(":")
    if server not in _SERVERS or "embedding" not in model:
        return f"the embeddings of '{name}'"
    found = _reached(name, server, model, config)
    return (
        found if isinstance(found, str) else {k: found[k] for k in ("model", "base_url", "api_key_env") if k in found}
    )


def graders_in(given: Any) -> list[Any]:
    """Return the graders that `options.provider` names: one, or one for texts and one for embeddings."""
    kinds = ("text", "embedding", "classification", "moderation")
    return [given[k] for k in kinds if k in given] if isinstance(given, dict) and "id" not in given else [given]


def unused(given: Any) -> Iterator[tuple[str, str]]:
    """Give what of a provider that can be reached is not carried, with what to do instead."""
    if isinstance(given, dict):
        for key in given:
            if key not in ("id", "config", "label", *_CARRIED) and "id" in given:
                yield f"'{key}' of a provider", _INSTEAD.get(key, "it has no counterpart")
    for key, value in _said(given)[1].items():
        if key not in _READ:
            yield f"the setting '{key}' of a provider", _INSTEAD.get(key, "it has no counterpart")
        elif _templated(value):
            yield f"the setting '{key}' of a provider, a template", "write its value into promptci.yaml"


_INSTEAD: Mapping[str, str] = {
    "apiKey": "name the variable that holds the key: models: {scorer: {api_key_env: NAME}}",
    "prompts": "every prompt is measured; take out of promptci.yaml those that are not meant",
    "delay": "models: {scorer: {rpm: N}} keeps to a rate",
    "passthrough": "models: {scorer: {extra: {...}}} is sent as it stands",
}


_CARRIED = ("transform",)


def provider_transforms(given: Any) -> list[str]:
    """Return what a provider makes of each answer, as code."""
    return [given[key] for key in _CARRIED if isinstance(given, dict) and isinstance(given.get(key), str)]


def instead_of(given: Any) -> str:
    """What to do instead of a provider that is no model: programs and services are asked as programs."""
    name = _said(given)[0]
    if _PROGRAM.match(name):
        return "a program, or one that asks the service, is measured whole: prompts: [{run: [...], files: [...]}]"
    return "name a model of an OpenAI-compatible server"


_PROGRAM = re.compile(r"(?:file://|exec\b|python:|golang:|ruby:|https?\b|wss?\b|websocket\b|mcp\b|browser\b)")


def _said(given: Any) -> tuple[str, Mapping[str, Any]]:
    """The name of a provider and its settings, in each of the forms that they have."""
    name: Any = given
    config: Any = {}
    if isinstance(given, dict):
        name, config = given.get("id") or next(iter(given), ""), given.get("config")
        if "id" not in given and name:
            config = given[name].get("config") if isinstance(given[name], dict) else {}
    return str(name), config if isinstance(config, dict) else {}


def _reached(name: str, server: str, model: str, config: Mapping[str, Any]) -> dict[str, Any] | str:
    config = {key: value for key, value in config.items() if not _templated(value)}
    model = _KINDS.sub("", model, count=1) if _KINDS.match(model) else model
    model = model if model and model not in ("chat", "responses", "messages") else str(config.get("model", ""))
    base, key = _SERVERS[server]
    host = f"https://{config['apiHost']}/{'openai/' if server == 'azure' else ''}v1" if config.get("apiHost") else None
    base = config.get("apiBaseUrl") or config.get("baseUrl") or host or base
    if not model:
        return f"the provider '{name}' names no model"
    if server == "azure" and not base:
        return f"the provider '{name}' names no server of its own"
    found: dict[str, Any] = {"model": model, **({"base_url": base} if base else {})}
    found["api_key_env"] = config.get("apiKeyEnvar", key)
    found |= {name: config[name] for name in _FIELDS if name in config}
    extra = {name: config[name] for name in _SENT if name in config}
    return {**found, **({"extra": extra} if extra else {})}


def _templated(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value

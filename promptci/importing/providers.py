"""promptfoo's providers as a model of ours: those that an OpenAI-compatible client can reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SERVERS: Mapping[str, tuple[str | None, str]] = {
    "openai": (None, "OPENAI_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "togetherai": ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "ollama": ("http://localhost:11434/v1", "OLLAMA_API_KEY"),
    "vllm": ("http://localhost:8000/v1", "VLLM_API_KEY"),
    "localai": ("http://localhost:8080/v1", "LOCALAI_API_KEY"),
}
_SENT = {"temperature": "temperature", "max_tokens": "max_tokens", "seed": "seed"}


def scorer_of(given: Any) -> dict[str, Any] | str:
    """Return `models.scorer` for a provider, or why it cannot be one."""
    name: Any = given
    config: Mapping[str, Any] = {}
    if isinstance(given, dict):
        name, config = given.get("id") or next(iter(given), ""), given.get("config") or {}
        if "id" not in given and name:
            config = given[name].get("config") or {} if isinstance(given[name], dict) else {}
    name = str(name)
    server, _, model = name.partition(":")
    model = model.removeprefix("chat:").removeprefix("responses:")
    if name == "echo":
        return {"model": "echo"}
    if server not in _SERVERS or "embedding" in model:
        return f"the provider '{name}'"
    if not model:
        model = str(config.get("model", ""))
    base, key = _SERVERS[server]
    base = config.get("apiBaseUrl") or config.get("baseUrl") or base
    if not model:
        return f"the provider '{name}' names no model"
    found = {"model": model, **({"base_url": base} if base else {})}
    found["api_key_env"] = config.get("apiKeyEnvar", key)
    return {**found, **{ours: config[theirs] for theirs, ours in _SENT.items() if theirs in config}}

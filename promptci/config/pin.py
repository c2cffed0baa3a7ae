"""Another model in the text of promptci.yaml: every other byte stays as it is."""

from __future__ import annotations

import json
import re

from promptci import yamlfile
from promptci.config.base import FILE
from promptci.config.models import PriceSettings
from promptci.config.settings import Config
from promptci.errors import ConfigError

_MODEL = ("models", "scorer", "model")
_PRICE = ("models", "scorer", "price")
_PLAIN = re.compile(r"[A-Za-z][\w./-]*")  # what YAML reads as text without quotes, wherever it stands


def pinned(text: str, model: str, price: PriceSettings | None = None, place: str = FILE) -> str:
    """Return `text` with `models.scorer.model` naming `model`, and with its price where the text has one.

    Raises ConfigError where the text names no model there, and where it has a price and the new one is not known: the
    old model's price would count the new one's cost.
    """
    mark = text[: text.startswith("\ufeff")]  # parsers differ on whether a byte order mark counts
    text = text.removeprefix(mark)
    document = yamlfile.read(text, place, error=ConfigError, spans=True)
    spans = document.scalars
    if _MODEL not in spans or spans[_MODEL].start == spans[_MODEL].end:  # `model:` with nothing behind it
        hint = "write `models: {scorer: {model: ...}}` first, without an anchor"
        raise ConfigError("'models.scorer.model' is not written here, so it cannot be changed", place=place, hint=hint)
    told: dict[yamlfile.Path, str] = {_MODEL: _scalar(model, spans[_MODEL].style) + _line_end(text, spans[_MODEL])}
    priced = [path for path in spans if path[:-1] == _PRICE]  # `price: null` is none
    if priced and price is None:
        line = document.line(_PRICE)
        hint = f"name its price per million tokens in and out: --price {model}=0.40/1.60"
        raise ConfigError(
            f"'models.scorer.price' is the old model's, not {model}'s", place=f"{place}:{line}", hint=hint
        )
    if price is not None:
        told |= {(*_PRICE, side): _number(getattr(price, side)) for side in ("input", "output") if priced}
    for path in sorted(told, key=lambda each: spans[each].start, reverse=True):
        text = text[: spans[path].start] + told[path] + text[spans[path].end :]
    _refuse_more(document, text, model, place)
    return mark + text


def _line_end(text: str, old: yamlfile.Scalar) -> str:
    """Return the blanks behind a block, which reaches up to the next key."""
    block = text[old.start : old.end] if old.style in ("|", ">") else ""
    return block[len(block.rstrip()) :]


def _scalar(model: str, style: str) -> str:
    """Return the name as a YAML scalar in the style that the old one had."""
    if style == "'" and model.isprintable():
        return "'" + model.replace("'", "''") + "'"
    plain = not style and _PLAIN.fullmatch(model) and yamlfile.scalar(model) == model
    return model if plain else json.dumps(model, ensure_ascii=not model.isprintable())


def _number(value: float) -> str:
    """Return the shortest text that is read back as `value`."""
    return repr(value).removesuffix(".0")


def _refuse_more(before: yamlfile.Document, text: str, model: str, place: str) -> None:
    """Raise ConfigError when the text now says anything else than before but for model and price."""
    after = yamlfile.read(text, place, error=ConfigError)
    one, other = (json.loads(json.dumps(document.value)) for document in (before, after))
    now = other["models"]["scorer"].pop("model")
    for value in (one["models"]["scorer"], other["models"]["scorer"]):
        value.pop("price", None)
    one["models"]["scorer"].pop("model")
    if now != model or one != other:
        raise ConfigError("cannot be changed without changing more than the model", place=place, hint="edit it by hand")


def on(config: Config, model: str, price: PriceSettings | None) -> Config:
    """Return the settings with another scorer; a price that is not told is not known, as the old one is the old's."""
    scorer = config.models.scorer.model_copy(update={"model": model, "price": price})
    return config.model_copy(update={"models": config.models.model_copy(update={"scorer": scorer})})

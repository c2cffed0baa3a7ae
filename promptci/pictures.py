"""Pictures in a chat: how other tools write one, and which addresses are sent."""

from __future__ import annotations

import re

from promptci.core import Json

_ADDRESS = re.compile(r"https://[^\s/]+\S*|data:image/[\w.+-]+;base64,[A-Za-z0-9+/=_-]+")
HINT = "a picture is {type: image_url, image_url: {url: ...}}, its address https://... or data:image/...;base64,..."


def picture_of(part: Json) -> str | None:
    """Return the address in a part of a message's content: OpenAI's `image_url` or `input_image`; None in others."""
    if not isinstance(part, dict) or part.get("type") not in ("image_url", "input_image"):
        return None
    found = part.get("image_url")
    found = found.get("url") if isinstance(found, dict) else found
    return found if isinstance(found, str) else None


def is_address(text: str) -> bool:
    """Whether a picture's address can be sent: a server fetches it by https, or it is the picture itself."""
    return _ADDRESS.fullmatch(text) is not None


def is_embedded(text: str) -> bool:
    """Whether a text is a picture itself (`data:image/...;base64,...`), not a link to one."""
    return text.startswith("data:image/") and is_address(text)

"""Personal details and secrets masked by rule. Rules find what has a form: names of people have none and stay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from ipaddress import ip_address


def _luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of a payment card (ISO/IEC 7812-1)."""
    numbers = [int(d) for d in digits if d.isdigit()]
    doubled = [n if i % 2 == 0 else sum(divmod(2 * n, 10)) for i, n in enumerate(reversed(numbers))]
    return 13 <= len(numbers) <= 19 and sum(doubled) % 10 == 0


def _iban(text: str) -> bool:
    """Whether the check digits of an account number hold (ISO 13616)."""
    plain = text.replace(" ", "").upper()
    return len(plain) >= 15 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _phone(text: str) -> bool:
    return 8 <= sum(c.isdigit() for c in text) <= 15


def _any(_text: str) -> bool:
    return True


# In this order: what an earlier rule masked, a later one does not see.
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), _any),
    ("key", re.compile(r"\b(?:sk|pk|rk)[-_][\w-]{16,}|\bgh[opsu]_\w{20,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abp]-[\w-]{10,}"
                       r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"), _any),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _iban),
    ("card", re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), _luhn),
    ("ssn", re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), _any),
    ("ip", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])"),
     _address),
    ("phone", re.compile(r"(?<![\w-])(?:\+\d|\(\d{2,5}\)|0)\d*(?:[ ./-]?\(?\d{2,5}\)?){2,6}(?![\w-])"), _phone),
)  # fmt: skip


def masked(text: str, found: Counter[str]) -> str:
    """Return the text with `[email]`, `[phone]` and the like in the place of what has the form of one; count them."""
    for name, pattern, holds in _RULES:

        def replaced(match: re.Match[str], name: str = name, holds: Callable[[str], bool] = holds) -> str:
            if not holds(match[0]):
                return match[0]
            found[name] += 1
            return f"[{name}]"

        text = pattern.sub(replaced, text)
    return text

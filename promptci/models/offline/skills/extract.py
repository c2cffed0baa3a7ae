"""Extraction skills: an amount, a date, an e-mail address, an order number, a phone number."""

from __future__ import annotations

import re
from datetime import date

from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.skills.base import Skill, Wanted, cues

_CURRENCY = r"(?:USD|EUR|GBP|CHF|JPY|[$€£¥])"
_FIGURE = r"(\d[\d,]*(?:\.\d+)?)"
_MONEY = re.compile(
    rf"{_CURRENCY}\s?{_FIGURE}|{_FIGURE}\s?(?:{_CURRENCY}|dollars?|euros?|pounds?|bucks|francs?)(?!\w)", re.IGNORECASE
)
_PLAIN_AMOUNT = re.compile(r"(?<![\w#/-])(\d[\d,]*\.\d{2})(?![\w/-])")
_TOTALS = re.compile(r"\b(?:total|amount due|due|pay|charged|balance|sum)\b", re.IGNORECASE)
_MONTHS = listed("january february march april may june july august september october november december")
_MONTH = rf"({'|'.join(f'{m[:3]}(?:{m[3:]})?' for m in _MONTHS)}|sept)\.?"
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (\d{{4}})\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_SLASHED = re.compile(r"\b(\d{1,2})([/.])(\d{1,2})\2(\d{4})\b")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[A-Za-z]{2,24}")
_CODE = r"([A-Z]{0,4}-?\d[\w-]{2,})"
_ORDER = re.compile(
    r"\b(?:order|ticket|invoice|case|booking|reference|ref)\b\.?(?: (?:number|no\.?|id))?(?: is)?:? ?#?"
    rf"{_CODE}|#{_CODE}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<!\w)(\+?\d[\d ()./-]{6,24}\d)(?!\w)")


def _amount(given: str, wanted: Wanted) -> str | None:
    found = [(m.start(), next(g for g in m.groups() if g)) for m in _MONEY.finditer(given)]
    found = found or [(m.start(), m[1]) for m in _PLAIN_AMOUNT.finditer(given)]
    if not found:
        return None
    chosen = found[0]
    if len(found) > 1 and re.search(r"\btotal\b|\bdue\b|\bfinal\b|\bto pay\b", wanted.low):
        marks = [m.end() for m in _TOTALS.finditer(given)]
        chosen = min(found, key=lambda f: min((f[0] - mark for mark in marks if mark <= f[0]), default=10**6))
    elif len(found) > 1 and re.search(r"\b(?:largest|highest|biggest)\b", wanted.low):
        chosen = max(found, key=lambda f: float(f[1].replace(",", "")))
    plain = chosen[1].replace(",", "")
    if re.search(r"two decimal|2 decimal|0\.00|decimals", wanted.low):
        return f"{float(plain):.2f}"
    return plain


def _date(given: str, wanted: Wanted) -> str | None:
    found = _first_date(given)
    if found is None:
        return None
    shown, parts = found
    if re.search(r"yyyy-mm-dd|iso(?: ?8601)?\b|year-month-day", wanted.low):
        return _iso(*parts) or shown
    if "dd/mm/yyyy" in wanted.low:
        return f"{parts[2]:02}/{parts[1]:02}/{parts[0]}"
    if "mm/dd/yyyy" in wanted.low:
        return f"{parts[1]:02}/{parts[2]:02}/{parts[0]}"
    return shown


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:  # 31/02 and the like: there is no such day to name
        return None


def _first_date(given: str) -> tuple[str, tuple[int, int, int]] | None:
    """The earliest date as written, with (year, month, day); 3/4/2024 is read month first, 13/4/2024 day first."""
    options = [(m.start(), m[0], (int(m[1]), int(m[2]), int(m[3]))) for m in _ISO.finditer(given)]
    options += [(m.start(), m[0], (int(m[3]), _month(m[2]), int(m[1]))) for m in _DAY_MONTH.finditer(given)]
    options += [(m.start(), m[0], (int(m[3]), _month(m[1]), int(m[2]))) for m in _MONTH_DAY.finditer(given)]
    for m in _SLASHED.finditer(given):
        one, two = int(m[1]), int(m[3])
        day_first = one > 12 or m[2] == "."
        options.append((m.start(), m[0], (int(m[4]), two if day_first else one, one if day_first else two)))
    return min(options)[1:] if options else None


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower()))


def _email(given: str, _: Wanted) -> str | None:
    found = _EMAIL.search(given)
    return found[0].rstrip(".") if found else None


def _order_number(given: str, _: Wanted) -> str | None:
    found = _ORDER.search(given)
    return (found[1] or found[2]) if found else None


def _phone(given: str, _: Wanted) -> str | None:
    found = _PHONE.search(given)
    return found[1].strip() if found and sum(c.isdigit() for c in found[1]) >= 7 else None


EXTRACTIONS: tuple[Skill, ...] = (
    Skill(
        "amount",
        cues(
            (r"\bamounts?\b|\bsum of money\b|\bhow much\b", 2.5),
            (r"\btotal\b|\bprice\b|\bcost\b|\bmoney\b|\bcharged\b", 1.2),
            (r"\bextract\b|\bfind\b|\bpull out\b", 0.5),
        ),
        _amount,
        (
            "Extract the amount of money from the text. Answer with only the number.",
            "Write the total amount.",
            "Find how much it costs.",
        ),
        ease=0.5,
    ),
    Skill(
        "date",
        cues(
            (r"\bdates?\b|\bdeadline\b", 2.5),
            (r"\bwhen\b|\bwhich day\b|\bday\b", 1.2),
            (r"\bextract\b|\bfind\b|yyyy", 0.5),
        ),
        _date,
        (
            "Extract the date from the text and write it as YYYY-MM-DD.",
            "Write the date that the text mentions.",
            "Say when it happens.",
        ),
        ease=0.5,
    ),
    Skill(
        "email",
        cues((r"\be-?mail address(?:es)?\b", 3.0), (r"\bextract\b.{0,40}\be-?mail\b|\bcontact address\b", 2.0)),
        _email,
        ("Extract the e-mail address from the text.", "Write the email address.", "Find the contact address."),
        ease=0.5,
    ),
    Skill(
        "order_number",
        cues((r"\b(?:order|ticket|invoice|booking|reference) (?:number|id|no\b|code)", 3.0)),
        _order_number,
        ("Extract the order number from the text.", "Write the order id."),
        ease=0.5,
    ),
    Skill(
        "phone",
        cues((r"\b(?:tele)?phone(?: number)?\b|\bmobile number\b", 2.5)),
        _phone,
        ("Extract the phone number from the text.", "Write the telephone number."),
        ease=0.5,
    ),
)

"""Personal details by their form."""

from __future__ import annotations

from collections import Counter

import pytest

from promptci.traces.masking import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("mail ann.lee+x@mail.example.org now", "mail [email] now", id="email"),
        pytest.param("card 4111 1111 1111 1111 please", "card [card] please", id="card"),
        pytest.param("pay to DE89 3704 0044 0532 0130 00.", "pay to [iban].", id="iban"),
        pytest.param("call +44 20 7946 0958 or (030) 1234 567", "call [phone] or [phone]", id="phones"),
        pytest.param("from 192.168.0.17", "from [ip]", id="ip"),
        pytest.param("from 2001:db8::ff00:42:8329", "from [ip]", id="ip6"),
        pytest.param("use sk-abcdefghijklmnop1234", "use [key]", id="key"),
        pytest.param("ssn 078-05-1120", "ssn [ssn]", id="ssn"),
        pytest.param("order 4111111111111112 of 2024-05-06 for 12,50", "order 4111111111111112 of 2024-05-06 for 12,50",
                     id="numbers-that-are-none"),
        pytest.param("version 1.2.3, 10:30, ratio 3:4:5", "version 1.2.3, 10:30, ratio 3:4:5", id="dots-and-colons"),
    ],
)  # fmt: skip
def test_what_has_the_form_of_a_detail_is_masked(text: str, expected: str) -> None:
    found: Counter[str] = Counter()
    assert masked(text, found) == expected
    assert found.total() == expected.count("[")


def test_masking_takes_linear_time() -> None:
    for text in ("a" * 50_000 + "@", "0 " * 50_000, "1-" * 50_000, "::" * 50_000, "a." * 50_000, "sk-" * 20_000):
        assert len(masked(text, Counter())) > 0

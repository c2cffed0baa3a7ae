"""Section `budget`: what one run may use."""

from __future__ import annotations

from promptci.config.base import Count, Positive, Settings


class BudgetSettings(Settings):
    """Hard caps for one run, every role and retry included; null is no cap.

    `max_calls: 0` sends nothing: cached answers only. `max_tokens` counts input and output together.
    """

    max_calls: Count = 5000
    max_tokens: Count | None = 20_000_000
    max_usd: Positive | None = None
    max_minutes: Positive | None = None

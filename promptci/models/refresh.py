"""Bring promptci/models/retirements.csv up to date from a server's own list of models: one request, nothing is paid.

Run: python -m promptci.models.refresh [BASE_URL] [NAME_OF_THE_KEY_VARIABLE]
A line whose day the server says anew is changed, with the server's address and today as its source; new ones are added.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from promptci.models.base import ModelSpec
from promptci.models.retirement import Retirement, ask_server, table

TABLE = Path(__file__).with_name("retirements.csv")


def merged(known: tuple[Retirement, ...], listed: tuple[Retirement, ...]) -> list[Retirement]:
    """Return the table with what the server lists; a line that says the same day stays as it was seen."""
    lines = {line.model: line for line in known}
    for new in listed:
        old = lines.get(new.model)
        if old is None or old.day != new.day:
            lines[new.model] = Retirement(new.model, new.day, new.source, new.seen, old.replacement if old else "")
    return [lines[name] for name in sorted(lines)]


def as_csv(lines: list[Retirement]) -> str:
    """Return the table as it stands in the package."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("model", "day", "replacement", "seen", "source"))
    writer.writerows((x.model, x.day, x.replacement, x.seen, x.source) for x in lines)
    return file.getvalue()


def main(base_url: str = "https://api.openai.com/v1", key: str = "OPENAI_API_KEY") -> None:
    """Ask the server and write the table. Raises MeasureError when its list cannot be read."""
    day = datetime.now(UTC).date()
    listed = ask_server(ModelSpec("any", base_url=base_url, api_key_env=key), day)
    lines = merged(table(), listed)
    TABLE.write_text(as_csv(lines), encoding="utf-8")
    sys.stdout.write(f"{len(listed)} models of {base_url} have a day; {len(lines)} lines in {TABLE.name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])

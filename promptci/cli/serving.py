"""Commands that serve: the offline model, a gateway for programs, and the pages over runs and history."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from promptci.cli.group import cli
from promptci.cli.options import CONFIG, TRUST_TREE, Amount, option, options_of
from promptci.errors import UsageError


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port on 127.0.0.1; 0 picks one.")
@CONFIG
@option(
    "-j",
    "--max-concurrency",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    help="Calls sent at once; more of COMMAND's calls wait.",
)
@option("--max-calls", type=click.IntRange(0), help="Hard cap on requests sent; 0 sends none.")
@option("--max-usd", type=Amount(0, min_open=True), help="Hard cap on cost.")
@option("--replay", is_flag=True, help="Use earlier answers only.")
@option("--augment", metavar="NAME", help="Put complements by augment/NAME.yaml below users' prompts.")
@TRUST_TREE
def gateway(command: tuple[str, ...], port: int, augment: str | None, **rest: Any) -> None:
    """Answer a program's own calls, with our cache, budget and retry.

    COMMAND runs with OPENAI_BASE_URL and OPENAI_API_KEY set to the gateway's; the model's own key stays here.
    """
    from promptci.commands.gateway import gateway as story

    tell = partial(click.echo, err=True)
    raise SystemExit(story(options_of(rest), command, port=port, say=tell, augment=augment))


@cli.group()
def offline() -> None:
    """Serve the built-in offline model."""


@offline.command()
@option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port on 127.0.0.1; 0 picks one."
)
def serve(port: int) -> None:
    """Serve the offline model over HTTP, as an OpenAI-compatible server on this machine."""
    from promptci.models.offline.server import serve as run

    try:
        run(port, announce=click.echo)
    except OSError as problem:
        raise UsageError(f"port {port}: {problem.strerror}", hint="--port 0 picks a free one") from None


@cli.command()
@CONFIG
@option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one", help="Port on 127.0.0.1.")
def view(config: Path | None, port: int) -> None:
    """Show runs, history and cases on a local page; grade answers."""
    from promptci.project.project import locate
    from promptci.view.server import view as run

    project = locate(config, Path())
    try:
        run(project, port, click.echo)
    except OSError as problem:
        raise UsageError(f"port {port}: {problem.strerror}", hint="--port 0 picks a free one") from None

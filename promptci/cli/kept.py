"""Commands about what is on disk: cache, runs, report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptci.cli.ending import color, width
from promptci.cli.group import cli
from promptci.cli.options import CONFIG, located, option
from promptci.untrusted import shown

if TYPE_CHECKING:
    from promptci.run.options import Options


@cli.group()
def cache() -> None:
    """Show, clear, export or import stored answers."""


@cache.command("size")
@CONFIG
def cache_size(config: Path | None) -> None:
    """Say how many answers are kept."""
    from promptci.commands import kept as storage

    click.echo(storage.cache_size(located(config)))


@cache.command("clear")
@CONFIG
def cache_clear(config: Path | None) -> None:
    """Forget every answer."""
    from promptci.commands import kept as storage

    click.echo(storage.cache_clear(located(config)))


@cache.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@CONFIG
def cache_export(file: Path, config: Path | None) -> None:
    """Write every answer into one file, for --replay elsewhere."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.cache_export(located(config), file)))


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@CONFIG
def cache_import(file: Path, config: Path | None) -> None:
    """Take in a file that `export` wrote."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.cache_import(located(config), file)))


@cli.group(invoke_without_command=True)
@CONFIG
@click.pass_context
def runs(ctx: click.Context, config: Path | None) -> None:
    """List runs; show or remove one."""
    from promptci.commands import kept as storage

    ctx.obj = located(config)
    if ctx.invoked_subcommand is None:
        for line in storage.runs(ctx.obj):
            click.echo(shown(line))


@runs.command("show")
@click.argument("run")
@click.pass_obj
def runs_show(options: Options, run: str) -> None:
    """Print a run's report."""
    from promptci.commands import kept as storage
    from promptci.report.terminal import as_text

    click.echo(as_text(storage.show_run(options, run), color=color(), width=width()), nl=False)


@runs.command("remove")
@click.argument("run")
@click.pass_obj
def runs_remove(options: Options, run: str) -> None:
    """Remove a run's records; its answers stay in the cache."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.remove_run(options, run)))


@cli.command()
@click.argument("run")
@click.argument("prompt", required=False)
@click.argument("case", required=False)
@CONFIG
def show(run: str, prompt: str | None, case: str | None, config: Path | None) -> None:
    """Show what a run asked, expected and got; RUN is an id, its beginning, or `last`."""
    from promptci.commands.show import show as story

    click.echo(story(located(config), run, prompt, case, color=color(), width=width()), nl=False)


@cli.command()
@click.argument("run")
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Where to: .html, .md, .txt, .json, .xml (JUnit), .csv.",
)
@CONFIG
def report(run: str, output: Path, config: Path | None) -> None:
    """Write one run's report as a file; the ending picks the format."""
    from promptci.commands import kept as storage
    from promptci.report import write

    write(storage.show_run(located(config), run), output)

"""Commands of a first hour: demo, init and schema."""

from __future__ import annotations

from pathlib import Path

import click

from promptci.cli.ending import color
from promptci.cli.group import cli
from promptci.cli.options import option
from promptci.untrusted import shown


@cli.command()
def schema() -> None:
    """Print the JSON Schema of promptci.yaml, for editors."""
    import json

    from promptci.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@cli.command()
@option(
    "--dir", "directory", type=click.Path(path_type=Path), default=Path(), help="The repository.", show_default=True
)
def init(directory: Path) -> None:
    """Write the files of a first set-up."""
    from promptci.commands.init import init as story

    for line in story(directory):
        click.echo(shown(line))


@cli.command()
@option("--dir", "directory", type=click.Path(path_type=Path), help="Where to put it.  [default: a new directory]")
def demo(directory: Path | None) -> None:
    """Tell the whole story on a throw-away repository."""
    from promptci.commands.demo import demo as story

    story(directory, say=click.echo, color=color())

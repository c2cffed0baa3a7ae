"""Commands of a first hour: demo, doctor, init and schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from promptci.cli.ending import EXIT_USAGE, color
from promptci.cli.group import cli
from promptci.cli.options import CONFIG, TRUST_TREE, located, option
from promptci.untrusted import shown


@cli.command()
@CONFIG
@option("--fix", is_flag=True, help="Do what is safe to do without asking.")
@option("--online", is_flag=True, help="Also ask the models' servers which models they have; no call is paid.")
@TRUST_TREE
def doctor(config: Path | None, fix: bool, online: bool, trust_tree: bool) -> None:
    """Look for what is wrong or could go wrong."""
    from promptci.commands import doctor as story

    found = story.doctor(replace(located(config), trust_tree=trust_tree), online=online)
    for line in [*story.lines(found), *(story.mended(found) if fix else [])]:
        click.echo(shown(line))
    raise SystemExit(0 if found.sound else EXIT_USAGE)


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
@option("--from", "source", metavar="PATH", help="Carry over a promptfoo configuration, .prompt.yml files or evals.")
def init(directory: Path, source: str | None) -> None:
    """Write the files of a first set-up."""
    from promptci.commands.init import init as story

    for line in story(directory, source):
        click.echo(shown(line))


@cli.command()
@option("--dir", "directory", type=click.Path(path_type=Path), help="Where to put it.  [default: a new directory]")
@click.option("--agent", is_flag=True, help="Tell that of a program with tools: an agent.")
def demo(directory: Path | None, agent: bool) -> None:
    """Tell the whole story on a throw-away repository."""
    if agent:
        from promptci.commands.demo_agent import demo as story
    else:
        from promptci.commands.demo import demo as story

    story(directory, say=click.echo, color=color())

"""The group of all commands, which the files beside this one join."""

import click

from promptci import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="promptci")
def cli() -> None:
    """Tests, gates and improves the prompts in a git repository.

    Exit codes: 0 passed or inconclusive, 1 the gate failed, 2 usage, configuration or data, 3 could not measure.
    """

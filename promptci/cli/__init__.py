"""The command line: parse, call one story, print, exit. No other room imports click.

Everything else is imported inside the commands, so that `promptci --help` is instant.
"""

from promptci.cli.entry import main

__all__ = ["main"]

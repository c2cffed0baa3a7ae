"""promptci: prompts in git, tested and improved like code."""

__version__ = "0.1.0"

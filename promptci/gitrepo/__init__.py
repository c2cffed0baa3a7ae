"""The one room that knows git: read at a revision, see what changed, commit beside the user's work, push.

A repository is untrusted: nothing that it carries (hooks, file system monitors, filters, external diff programs, text
converters) is run, and no name from it is ever read as an option. How the remote is reached (ssh command, credential
helper, proxy) stays the user's own configuration.
"""

from __future__ import annotations

from promptci.gitrepo.base import Base
from promptci.gitrepo.changes import Commit, a_month
from promptci.gitrepo.commits import BOT, Identity
from promptci.gitrepo.lock import BusyError, Holder
from promptci.gitrepo.names import branch_ref
from promptci.gitrepo.repository import Repository

__all__ = ["BOT", "Base", "BusyError", "Commit", "Holder", "Identity", "Repository", "a_month", "branch_ref"]

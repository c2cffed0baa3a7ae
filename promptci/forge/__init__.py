"""Where changes are proposed, by name: add a file beside this one and a line to the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from promptci.errors import ForgeError
from promptci.forge.base import Change, Forge, Place, Proposal
from promptci.forge.github import GitHubForge
from promptci.forge.gitlab import GitLabForge
from promptci.forge.gitlab.forge import is_gitlab
from promptci.forge.local import LocalForge
from promptci.forge.none import NoForge
from promptci.plugins import Table
from promptci.untrusted import one_line

_OWN: dict[str, Callable[[Place], Forge] | str] = {
    "github": GitHubForge.at,
    "gitlab": GitLabForge.at,
    "local": LocalForge.at,
    "none": NoForge.at,
}
FORGES: Table[Callable[[Place], Forge]] = Table("forges", _OWN)
"""Outside ones come by the entry point `promptci.forges`; each is a `forge.base.OutsideForge`."""

__all__ = ["FORGES", "Change", "Forge", "Place", "Proposal", "forge_for", "forge_name"]


def forge_name(remote_url: str, environ: Mapping[str, str]) -> str:
    """Return the forge that keeps `remote_url`: `local` for a path, else by its host.

    `github` for github.com and GITHUB_SERVER_URL, `gitlab` for gitlab.com, CI_SERVER_URL and GITLAB_HOST; else the
    first forge of an installed package that keeps it. ForgeError when none does.
    """
    if remote_url.startswith("file://") or not re.match(r"[^/]+:", remote_url):
        return "local"
    found = re.match(r"(?:\w[\w+.-]*://)?(?:[^@/]*@)?([^:/]+)", remote_url)
    host = found[1].lower() if found else ""
    if host in ("github.com", "ssh.github.com", urlsplit(environ.get("GITHUB_SERVER_URL", "")).hostname):
        return "github"
    if is_gitlab(host, environ):
        return "gitlab"
    for name in FORGES:
        keeps = getattr(FORGES[name], "keeps", None)
        if keeps is not None and keeps(remote_url, environ):
            return name
    hint = (
        "requests can be made on github.com and gitlab.com, or on a server of your own: set GITHUB_SERVER_URL to the "
        "address of your GitHub, or GITLAB_HOST to the host of your GitLab; for another forge, install a package that "
        "has it (entry point promptci.forges)"
    )
    raise ForgeError(
        f"no way known to open a pull request at '{one_line(host)}'", place=one_line(remote_url), hint=hint
    )


def forge_for(
    remote_url: str, environ: Mapping[str, str], *, token: str | None = None, name: str | None = None
) -> Forge:
    """Return the forge for a remote. `name` forces one of FORGES; `token` goes before those in `environ`.

    ForgeError for an unknown forge and for missing credentials, before anything is sent.
    """
    chosen = name or forge_name(remote_url, environ)
    if chosen not in FORGES:
        raise ForgeError(f"unknown forge '{one_line(chosen)}'", hint=f"known: {', '.join(sorted(FORGES))}")
    return FORGES[chosen](Place(remote_url, environ, token))

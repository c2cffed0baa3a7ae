"""GitLab, on gitlab.com and on servers of one's own, over its REST API."""

from __future__ import annotations

from promptci.forge.gitlab.forge import GitLabForge

__all__ = ["GitLabForge"]

"""Where changes are proposed: a local directory, GitHub, or nowhere."""

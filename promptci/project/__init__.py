"""The repository with its settings: a prompt as one revision has it, what changed and why, whom to trust."""

"""The user's own program in the place of a prompt: one JSON line a case in, one out."""

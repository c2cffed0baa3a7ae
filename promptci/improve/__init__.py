"""The search for a better prompt, its confirmation, and what becomes of it."""

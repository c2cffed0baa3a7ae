"""The local server in a model's place."""

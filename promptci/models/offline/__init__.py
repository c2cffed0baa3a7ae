"""The embedded stand-in for a language model: text in, text out, no key, no network."""

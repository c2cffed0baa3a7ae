"""The bounded search: propose, guard, score, record, stop."""

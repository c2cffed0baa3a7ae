"""Results that other tools wrote, read for a verdict."""

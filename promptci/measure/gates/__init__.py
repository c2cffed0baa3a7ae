"""The gates, one file each: what each says on the answers at hand, and what it has confirmed afresh."""

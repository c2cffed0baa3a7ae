"""What is written to disk and read again: baselines, ledgers, run journals."""

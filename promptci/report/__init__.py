"""What a run says, one file per output."""

"""What `promptci doctor` looks at, one family a file; nothing here sends a call or spends anything."""

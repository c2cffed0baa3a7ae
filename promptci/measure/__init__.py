"""Two arms of a prompt on the same cases, batch by batch, and what each gate says."""

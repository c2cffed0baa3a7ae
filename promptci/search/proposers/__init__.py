"""What suggests candidates from the trajectory, one file each."""

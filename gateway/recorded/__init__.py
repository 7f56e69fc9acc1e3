"""What is done with recordings: recorded, read, decoded, played."""

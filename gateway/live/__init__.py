"""What is now: the topics followed, the last of each, and who is told of it."""

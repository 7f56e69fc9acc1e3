"""Parameter search: spaces, walk-forward splits, and which trial is chosen."""

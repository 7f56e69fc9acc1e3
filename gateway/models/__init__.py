"""`tapeline models`: training, what is in the store, and how advisors are judged."""

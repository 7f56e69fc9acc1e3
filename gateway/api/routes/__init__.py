"""A file a noun: each has `router`."""

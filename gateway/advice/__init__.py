"""Language models asked by hand, and advice read back from a record."""

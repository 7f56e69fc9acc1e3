"""The archive of topics: what it holds, and what is imported into it."""

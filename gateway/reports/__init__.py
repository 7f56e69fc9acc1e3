"""What trading came to, as tables, pages and files."""

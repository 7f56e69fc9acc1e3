"""Protocols of venues, a folder each, over the same houses."""

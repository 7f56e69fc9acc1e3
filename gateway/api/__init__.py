"""The HTTP face: routes under /v1, what they are given, and how they say no."""

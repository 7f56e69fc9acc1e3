"""Questions to the store, for the API: each gives frozen values, newest first, a page at a time.

All cost O(log n + rows of the page) by an index; the exceptions say so. Whose accounts may be read
is the caller's to say: `accounts` None is everybody's, and of an empty one there is nothing.
"""

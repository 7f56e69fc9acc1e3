"""An order explained, a past run made again: what is published beside what is re-computed."""

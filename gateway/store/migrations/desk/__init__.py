"""Tables that the sink writes from topics."""

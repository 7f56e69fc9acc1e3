"""Tables of what people made: only in the store."""

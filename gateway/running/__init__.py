"""The local desk, the demo and the exchange: what runs as long as a person wants it."""

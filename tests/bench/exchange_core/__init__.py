"""The peer of the matching bench: exchange-core's OrderBookDirectImpl, in a Java of its own."""

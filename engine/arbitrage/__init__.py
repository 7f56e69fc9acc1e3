"""Arbitrage discovery: trades that end where they began, and what they would have left."""

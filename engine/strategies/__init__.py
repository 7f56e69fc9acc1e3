"""Strategies: who looks at which market, by which advisors, and what their votes come to."""

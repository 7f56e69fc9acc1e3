"""Recordings, candles and levels through the stages of one process."""

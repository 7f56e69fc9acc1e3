"""Advisors that are asked beside the stream: all of them that needs no network and no clock."""

"""Venues that play recordings of themselves over real sockets, with faults on demand."""

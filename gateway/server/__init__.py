"""The gateway's own process: its socket, its doors, its metrics."""

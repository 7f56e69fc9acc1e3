"""What a process tells of itself over HTTP: /metrics, /health and /ready.

Numbers are kept as plain integers where work is done anyway, and read when somebody asks.
"""

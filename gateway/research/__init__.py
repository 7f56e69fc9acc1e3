"""Parameter search over backtests: trials in processes, kept in a directory as they end."""

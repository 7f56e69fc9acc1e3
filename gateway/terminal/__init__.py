"""The command line: what each command takes, and how results and errors are shown."""

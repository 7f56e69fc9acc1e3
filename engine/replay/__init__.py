"""The desk in one process: the stages that the workers run, on event time only."""

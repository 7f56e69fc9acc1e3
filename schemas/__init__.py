"""What flows: frozen pydantic messages, their codec, the error taxonomy. Imports nothing else."""

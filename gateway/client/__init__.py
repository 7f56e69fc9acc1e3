"""The command line as a client of the API: of this home's gateway, or of one far away."""

"""Models on disk: by name and version, data only, each with the hash of its bytes."""

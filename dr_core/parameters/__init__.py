"""Configuration kept in step between regions. Values never leave the adapters; names and fingerprints do."""

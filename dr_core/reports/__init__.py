"""Typed results of the commands, as documented JSON. No formatting."""

"""The command language, one use per file, for Slack and the terminal alike. No Slack types, no AWS calls."""

"""What preflight looks at, one concern a file; every check is pure and returns findings. Not the gates of a run."""

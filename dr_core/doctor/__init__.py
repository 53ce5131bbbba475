"""The doctor: it looks at the whole installation, and at AWS from where it stands."""

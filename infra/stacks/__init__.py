"""The stacks, one concern a file; `infra/app.py` lists them in the order in which they are deployed."""

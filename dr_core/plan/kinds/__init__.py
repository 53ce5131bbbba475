"""One file a step kind: what it stores, how it is planned, how it is observed and carried out."""

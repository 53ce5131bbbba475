"""Whether a region has everything before users are brought back to it: what was measured, and for how long it held."""

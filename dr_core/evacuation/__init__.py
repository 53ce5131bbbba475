"""A region is left with everything in it: members in waves, one decision for all; each runs as any failover does."""

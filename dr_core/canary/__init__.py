"""A share of the users tried out in the target before the rest: what was measured of it, and what follows from that."""

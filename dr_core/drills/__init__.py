"""Drills: what a failover would do, tried while nothing is at stake and cleaned up after. Not how it is moved."""

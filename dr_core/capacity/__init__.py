"""How much of an application runs in a region, and changing it."""

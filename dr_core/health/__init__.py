"""Looks at the components of a region and weighs what was seen into a verdict; replication is measured elsewhere."""

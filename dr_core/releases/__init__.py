"""Blue/green releases: what stands in each region, and the pointers of all regions moved together or not at all."""

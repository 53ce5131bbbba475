"""How far each store is behind in each region, measured or said to be unknown; it changes nothing."""

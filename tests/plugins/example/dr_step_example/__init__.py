"""An example of a step kind of one's own: a feature that is switched on in the region that takes over."""

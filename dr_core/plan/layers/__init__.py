"""What each part of an application adds to a plan, layer by layer: one file a part, pure."""

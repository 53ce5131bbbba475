"""Every AWS action that the product calls, on which resources and what for: the one catalogue behind its policies."""

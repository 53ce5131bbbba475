"""The policies of the product's identities, made from the catalogue of what it calls. Knows nothing of CDK."""

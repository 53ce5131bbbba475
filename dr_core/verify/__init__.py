"""What users would see: DNS answers, a write through the public name that is read back, the health of a region."""

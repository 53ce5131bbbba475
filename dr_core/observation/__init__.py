"""What was seen in AWS and from here, as values with an age and a source; one pass over all readers."""

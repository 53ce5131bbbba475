"""What AWS has and how it is linked: a first draft of `dr.yaml`, and how far the declared and the found differ."""

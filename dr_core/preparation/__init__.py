"""What is scaled in the target while a request waits, and taken back when it comes to nothing; never a run's work."""

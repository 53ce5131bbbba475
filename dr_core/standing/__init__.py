"""Where an application stands: its last observation, judged by its age."""

"""The worker process: observes, and carries out approved runs. No Slack, no commands."""

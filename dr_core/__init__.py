"""The disaster-recovery library: topology, plans, approvals, runs, audit. Knows neither Slack nor a terminal."""

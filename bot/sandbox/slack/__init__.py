"""A workspace that speaks Slack's protocols to an unmodified Bolt app, and refuses what Slack refuses."""

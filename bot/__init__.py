"""The Slack face: listeners, cards, the announcer and schedules. Decides nothing; everything enters `commands`."""

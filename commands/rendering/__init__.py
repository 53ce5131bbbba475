"""Results as text for the terminal, and as Slack's fallback. No Slack blocks here: those are the bot's views."""

"""What Slack shows: each file draws one thing as a message or a view. Pure; nothing here calls Slack or the store."""

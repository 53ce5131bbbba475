"""Every plan as AWS CLI commands on paper, kept outside the bot for the hour in which it is gone."""

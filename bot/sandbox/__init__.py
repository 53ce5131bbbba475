"""The local world: simulated AWS, a local Slack with a page, faults. Nothing of it runs in production."""

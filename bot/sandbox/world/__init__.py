"""The simulated AWS: what the bot calls, asks and probes, seeded from any topology. It knows nothing of the bot."""

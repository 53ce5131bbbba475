"""The simulated AWS: what the bot calls, asks and probes, seeded from any topology. It knows nothing of the bot.

A new service is one file and one line: see `services.py`. What stands is printed in docs/simulated-aws.md.
"""

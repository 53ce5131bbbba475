"""Measurement against the objectives: RTO by segment, loss per store, availability, latency. What decides is pure."""

"""Measurement against the objectives: RTO by segment, loss, availability. Pure."""

"""Incidents: something is wrong, since when, by which signals, and what people noted; never what is done about it."""

"""From verdicts and alarms to an incident with a proposed request, and preparation while it waits; starts no run."""

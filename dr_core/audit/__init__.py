"""The audit trail: append-only, hash-chained events, which are also the outbox that Slack is told from."""

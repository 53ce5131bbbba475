"""The customer's databases: what a global database says of itself, switchover and failover. Not our own store."""

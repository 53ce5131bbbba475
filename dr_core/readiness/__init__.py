"""What would keep a failover from working, looked for all the time: examinations, their findings, their age."""

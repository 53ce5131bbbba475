"""Where users are sent: DNS records and the take-over switch. What clients really see is asked in `verify`."""

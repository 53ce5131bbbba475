"""What a forced failover lost: found when the old region is back, kept from being removed, signed off by a person."""

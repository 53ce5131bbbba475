"""Runs: leases, fencing, steps, recovery. Carries out approved plans and nothing else."""

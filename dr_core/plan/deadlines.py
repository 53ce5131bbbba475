"""How long a step may take before a person must look, in seconds. Generous: a deadline is not an estimate."""

# Design, order of a run: a step homed in the dead region is tried for this long and then given up.
BEST_EFFORT_S = 20.0
SCALE_S = 900.0
PARAMETERS_S = 120.0
FENCE_S = 300.0
# Aurora takes minutes, much longer with many connections or a far behind secondary.
PROMOTE_S = 1800.0
TAKEOVER_S = 60.0
# Route 53: changes are propagated within 60 seconds as a rule.
RECORDS_S = 300.0
# A health check of 3 x 30 s, then caches of 60 s, must fit.
VERIFY_S = 300.0
# Comparing parameters changes nothing, so that the gates must not wait long for a region that does not answer.
COMPARE_S = 5.0

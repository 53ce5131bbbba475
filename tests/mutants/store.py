"""Bugs in the transactions: the fence, the locks, the trail."""

from tests.mutants.planted import planted

_RUNS = "dr_core/store/runs.py"
_LEASES = "dr_core/store/run_leases.py"
_STATEMENTS = "dr_core/store/run_statements.py"
_REQUESTS = "dr_core/store/requests.py"

FENCED = (
    planted(
        "the fence does not compare the epoch",
        _RUNS,
        ('{"mine": epoch})}', '{"mine": row.epoch})}'),
        rule="only the owner writes to its run",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "an intent ignores the brake",
        _STATEMENTS,
        (
            "free = (run.c.hold.is_(None), run.c.braked_since.is_(None), run.c.ending.is_(None))",
            "free = (run.c.ending.is_(None),)",
        ),
        ("fence.where(*free, ~brake.engaged())", "fence.where(*free)"),
        rule="an intent and the brake cannot pass each other",
        tests=(
            "tests/unit/control/test_brake.py::test_an_intent_does_not_pass_a_brake_that_its_run_does_not_know_of",
            "tests/unit/store/test_fence.py",
        ),
    ),
    planted(
        "an intent ignores an abort",
        _STATEMENTS,
        ("run.c.braked_since.is_(None), run.c.ending.is_(None))", "run.c.braked_since.is_(None))"),
        rule="nothing new starts in a run that is to end",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "a run that is made while the brake is on is not braked",
        _STATEMENTS,
        ("insert(run).values(braked_since=brake.since().scalar_subquery())", "insert(run)"),
        rule="the brake stops every run",
        tests=("tests/unit/control/test_brake.py::test_a_run_that_is_approved_under_the_brake_waits_for_its_release",),
    ),
    planted(
        "a lease is taken before it has run out",
        _LEASES,
        ("    if row.lease_until is not None and row.lease_until >= now:\n        return None\n", ""),
        ('"old": row.chain_seq, "now": now}', '"old": row.chain_seq, "now": now + timedelta(days=1)}'),
        ('sql.TAKEABLE, {"now": tx.now()}', 'sql.TAKEABLE, {"now": tx.now() + timedelta(days=1)}'),
        rule="one owner at a time",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "taking a run leaves its epoch",
        _LEASES,
        ('        "epoch": row.epoch + 1,\n', ""),
        rule="each owner has an epoch of its own",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "an owner renews the lease of another epoch",
        _LEASES,
        ('"mine": epoch, "beat_at"', '"mine": runs.get(tx, run_id).epoch, "beat_at"'),
        rule="a lost lease is known to be lost",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "an owner gives back the lease of another epoch",
        _LEASES,
        ('"mine": epoch, "lease_until": None', '"mine": runs.get(tx, run_id).epoch, "lease_until": None'),
        rule="one owner at a time",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "a command is not looked up",
        _RUNS,
        ("    if not row.known:\n        _change(", "    if True:\n        _change("),
        rule="a commit whose answer was lost is not done twice",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "an application has two runs",
        _RUNS,
        ("    scope.take(tx, run_id, scope.names(of.application, related))\n", ""),
        rule="one unfinished run per application",
        tests=(
            "tests/unit/approvals/test_requests.py::test_while_a_run_is_unfinished_nothing_more_opens_or_is_approved",
        ),
    ),
    planted(
        "applications that depend on each other run at once",
        "dr_core/store/scope.py",
        (
            "    return (application, *(_pair(application, other) for other in sorted(related)))",
            "    return (application,)",
        ),
        rule="dependent applications exclude each other",
        tests=("tests/unit/approvals/test_scope.py",),
    ),
    planted(
        "a request that somebody else changed is changed all the same",
        _REQUESTS,
        ('request.c.version == bindparam("old")', 'bindparam("old").is_not(None)'),
        ('request.c.state == bindparam("before")', 'bindparam("before").is_not(None)'),
        rule="of two who decide at once, one is told that he was late",
        tests=("tests/unit/store/test_fence.py",),
    ),
)

TOLD = (
    planted(
        "the event of a run's change has a transaction of its own",
        _RUNS,
        (
            "    events.put(tx, built)\n    if change.step",
            "    tx.conn.exec_driver_sql('COMMIT')\n    tx.conn.exec_driver_sql('BEGIN')\n"
            "    events.put(tx, built)\n    if change.step",
        ),
        rule="a change and its event are one transaction",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "a chain is not registered in the root chain",
        _REQUESTS,
        ("    events.register(tx, new.id, built[0].hash)\n", ""),
        rule="no chain can vanish",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "the columns of an event are not compared with its body",
        "dr_core/audit/chain.py",
        ("        if body.get(column) != value:", "        if False:"),
        rule="a chain cannot be relabelled",
        tests=("tests/unit/audit/test_trail.py",),
    ),
    planted(
        "the hash of an event is not compared",
        "dr_core/audit/chain.py",
        ("    if hash_of(stored.prev, stored.body) != stored.hash:", "    if False:"),
        rule="nobody changes what was written",
        tests=("tests/unit/audit/test_trail.py",),
    ),
    planted(
        "the end of a chain is not compared with its head",
        "dr_core/audit/trail.py",
        ("        if heads.get(name, Head()) != head:", "        if False:"),
        rule="the end of a chain cannot be cut off",
        tests=("tests/unit/audit/test_trail.py",),
    ),
)

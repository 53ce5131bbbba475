"""Bugs in what proves something: signatures of terminals and of anchors, nonces, buttons, the tables of states."""

from tests.mutants.planted import planted

_TERMINAL = "dr_core/terminal/proof.py"
_CLERK = "dr_core/terminal/clerk.py"
_ANCHOR = "dr_core/audit/anchor.py"
_CLERKS = "tests/unit/terminal/test_attacks.py::"

TERMINALS = (
    planted(
        "the claim in the signed header is not compared",
        _TERMINAL,
        ("    if headers[HEADER.lower()] != hash_of(canonical):", "    if False:"),
        rule="a signature counts for one claim",
        tests=(f"{_CLERKS}test_a_proof_lifted_onto_another_claim_proves_nothing",),
    ),
    planted(
        "the host of a signed request is not compared",
        _TERMINAL,
        ('    if headers["host"] != endpoint.host:', "    if False:"),
        ('if _lower(one).get("host") == endpoint.host), None)', "if True), None)"),
        rule="only the workers' own STS is believed",
        tests=(f"{_CLERKS}test_a_proof_for_a_liars_sts_is_never_sent_anywhere",),
    ),
    planted(
        "a header need not be signed",
        _TERMINAL,
        ('if not headers.keys() >= _SIGNED or frozenset(found["signed"].split(";"))', "if frozenset(headers)"),
        (' != headers.keys() - {"authorization"}:', " != headers.keys():"),
        rule="the claim is signed",
        tests=(f"{_CLERKS}test_a_claim_header_that_is_not_signed_proves_nothing",),
    ),
    planted(
        "an old signature is accepted",
        _TERMINAL,
        ("    if abs(now - at) > LIFE:", "    if False:"),
        rule="a signature lives five minutes",
        tests=(f"{_CLERKS}test_a_signature_of_another_time_is_refused",),
    ),
    planted(
        "a nonce is accepted twice",
        _CLERK,
        ("        if claim.nonce != submission.nonce:", "        if False:"),
        rule="a claim is carried out once",
        tests=(f"{_CLERKS}test_a_copy_under_another_nonce_is_refused",),
    ),
    planted(
        "what is decided is decided again",
        "dr_core/store/submissions.py",
        (
            "    where = (submission.c.nonce == nonce, submission.c.state == SubmissionState.PENDING.value)",
            "    where = (submission.c.nonce == nonce,)",
        ),
        rule="a submission is answered once",
        tests=("tests/unit/store/test_submissions.py", "tests/unit/terminal/test_clerk.py"),
    ),
    planted(
        "a nonce that was used is taken in again",
        "dr_core/store/submissions.py",
        ("    if before is not None:\n", "    if before == 0:\n"),
        rule="a nonce is used once",
        tests=(f"{_CLERKS}test_a_nonce_is_used_once",),
    ),
    planted(
        "the bot's own role is a person",
        "dr_core/terminal/identity.py",
        ("    if principal(arn) in {principal(machine) for machine in (*own, *roles)}:", "    if False:"),
        rule="machines approve nothing",
        tests=(f"{_CLERKS}test_the_bots_own_role_is_refused_even_where_people_name_it",),
    ),
    planted(
        "the glass may be broken at once",
        "dr_core/approvals/break_glass.py",
        ("    if tx.now() < from_then:", "    if False:"),
        rule="approvers have three minutes",
        tests=("tests/unit/terminal/test_break_glass.py::test_it_is_offered_three_minutes_after_the_round_opened",),
    ),
)

ANCHORS = (
    planted(
        "the signature of an anchor is not verified",
        _ANCHOR,
        ("    if key is not None and not key.verify(", "    if False and not key.verify("),
        rule="whoever owns the database cannot make anchors",
        tests=("tests/unit/audit/test_verify.py::test_another_key_has_not_signed_these_anchors",),
    ),
    planted(
        "a missing anchor is not missed",
        _ANCHOR,
        ('    return f"{name}: anchor {missing[0]} is missing" if missing else None', "    return None"),
        rule="anchors are numbered without gaps",
        tests=("tests/unit/audit/test_anchoring.py",),
    ),
    planted(
        "what an anchor says of a chain is not compared",
        "dr_core/audit/verify.py",
        ("trail.verify(tx, found.said)", "trail.verify(tx)"),
        rule="what is anchored cannot be rewritten",
        tests=(
            "tests/unit/audit/test_verify.py::test_a_rewrite_of_the_anchored_part_is_found_although_everything_links_again",
        ),
    ),
)

FACES = (
    planted(
        "the button of another action is accepted",
        "bot/buttons.py",
        ("    if use.action != action:", "    if False:"),
        rule="a token stands for one action",
        tests=("tests/unit/bot/test_button_tokens.py",),
    ),
    planted(
        "the table of runs is not asked",
        "dr_core/store/runs.py",
        ('    RUNS.check(RunState(row.state), kinds, RunState(values.get("state", row.state)))\n', ""),
        rule="a change that is in no table leaves nothing",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "the table of steps is not asked",
        "dr_core/store/runs.py",
        ('    STEPS.check(StepState(before), kinds, StepState(change.values.get("state", before)))\n', ""),
        rule="a change that is in no table leaves nothing",
        tests=("tests/unit/store/test_fence.py",),
    ),
    planted(
        "the table of requests is not asked",
        "dr_core/store/requests.py",
        ("    REQUESTS.check(old.state, [kind for kind, *_ in entries], ", "    print("),
        rule="a change that is in no table leaves nothing",
        tests=("tests/unit/store/test_fence.py",),
    ),
)

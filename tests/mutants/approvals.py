"""Bugs in who may acknowledge, what counts, and what a run may be started by."""

from tests.mutants.planted import planted

_DECISION = "dr_core/approvals/decision.py"
_AUTHORITY = "dr_core/approvals/authority.py"
_JUDGE = "dr_core/execution/judge.py"
_PROOF = "dr_core/approvals/proof.py"

COUNTED = (
    planted(
        "the requester counts",
        _DECISION,
        (" - {request.requester.person} | broke)", " | broke)"),
        rule="requester and approver are two people",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "an acknowledgement is counted twice",
        _DECISION,
        ("request.plan.policy.required - len(people)", "request.plan.policy.required - len(request.round_acks)"),
        rule="each person counts once",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "the requester may press Approve",
        _DECISION,
        ("    if is_requester(request, actor):\n        return Refusal", "    if False:\n        return Refusal"),
        rule="requester and approver are two people",
        tests=("tests/unit/approvals/test_requests.py::test_the_requester_cannot_approve",),
    ),
    planted(
        "a double click is not noticed",
        _DECISION,
        ("    if mine is not None and (", "    if False and mine is not None and ("),
        rule="a second press has no effect and says so",
        tests=("tests/unit/approvals/test_requests.py::test_a_second_click_says_so_and_counts_nothing",),
    ),
    planted(
        "the round of a button is ignored",
        _DECISION,
        ("    if round_ is not None and round_ != request.round:", "    if False:"),
        rule="an old button does nothing",
        tests=("tests/unit/approvals/test_requests.py::test_an_old_button_of_an_earlier_round_says_so",),
    ),
    planted(
        "acknowledgements of earlier rounds count",
        "dr_core/approvals/model.py",
        ("for ack in self.acks if ack.round == self.round", "for ack in self.acks"),
        rule="a new round is acknowledged anew",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "the digest of an acknowledgement is ignored",
        _DECISION,
        ("if ack.digest == request.digest and _covers", "if _covers"),
        rule="people acknowledge one very plan",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "a smaller accepted loss covers a larger one",
        _DECISION,
        ("    return accepted_s >= request.loss_limit_s", "    return True"),
        rule="nobody loses more than was accepted",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "expiry is ignored",
        "dr_core/approvals/lapse.py",
        ("or tx.now() < request.expires_at:", "or True:"),
        rule="an expired request cannot be approved",
        tests=("tests/unit/approvals/test_requests.py::test_expiry_by_the_clock_ends_what_is_due_and_nothing_else",),
    ),
    planted(
        "somebody who is no approver any more may approve",
        _DECISION,
        ("    if actor.slack_user not in approvers:", "    if False:"),
        rule="approvers are members now",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "somebody who joined the approvers later may approve",
        _DECISION,
        ("    if actor.slack_user not in request.approvers_at_open:", "    if False:"),
        rule="approvers were members when it opened",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "the age of the membership is ignored",
        _AUTHORITY,
        ("    if now - roster.at > ROSTER_LIFE:", "    if False:"),
        rule="membership of yesterday counts for a day, and no longer",
        tests=("tests/unit/approvals/test_authority.py",),
    ),
    planted(
        "the typed loss is not compared",
        "dr_core/approvals/ack.py",
        ("if wanted is not None and given != wanted:", "if False:"),
        rule="a loss over the RPO is typed out",
        tests=("tests/unit/approvals/test_requests.py::test_the_loss_must_be_typed_exactly",),
    ),
    planted(
        "a second denial within the hour ends a request",
        "dr_core/approvals/objection.py",
        ("    if not denied_lately or objectors - {person}:", "    if True:"),
        rule="one person alone cannot block",
        tests=("tests/unit/approvals/test_objection.py",),
    ),
    planted(
        "a plan that no longer fits is approved",
        "dr_core/approvals/lapse.py",
        (
            "    unfit = misfit_of_plan(tx, services, request)\n"
            "    if unfit is not None:\n        return unfit\n    plan",
            "    plan",
        ),
        rule="a changed plan voids its request",
        tests=("tests/unit/approvals/test_requests.py::test_a_plan_that_the_configuration_changed_is_void",),
    ),
)

STARTED = (
    planted(
        "the digest is ignored at the start",
        _JUDGE,
        ("        if request.plan.digest() != request.digest:", "        if False:"),
        rule="the approved plan is what runs",
        tests=("tests/unit/control/test_proof.py",),
    ),
    planted(
        "acknowledgements are not verified at the start",
        _JUDGE,
        ("        if faults:\n            return faults[0]\n", ""),
        rule="a row written by hand starts nothing",
        tests=("tests/unit/control/test_proof.py",),
    ),
    planted(
        "missing acknowledgements start a run",
        _JUDGE,
        ('return f"{missing} acknowledgement(s) are missing" if missing else None', "return None"),
        rule="no effect without its acknowledgements",
        tests=("tests/unit/control/test_proof.py",),
    ),
    planted(
        "a signature is not verified",
        _PROOF,
        ("            valid = key.verify(rfc8785.dumps(claim), signature)", "            valid = True"),
        rule="a row written by hand starts nothing",
        tests=("tests/unit/control/test_proof.py::test_whoever_writes_a_row_has_not_the_bots_key",),
    ),
    planted(
        "what was signed is not compared",
        _PROOF,
        ("        if claim != claim_of(", "        if False and claim != claim_of("),
        rule="an acknowledgement of something else proves nothing",
        tests=(
            "tests/unit/approvals/test_requests.py::test_every_ack_is_signed_and_a_changed_or_invented_one_is_not_believed",
        ),
    ),
    planted(
        "a run with another plan than its request's is carried out",
        "dr_core/execution/runner.py",
        ("        if fault is None and run.plan != request.plan:", "        if False:"),
        rule="the approved plan is what runs",
        tests=(
            "tests/unit/execution/test_lives.py::test_another_plan_in_the_run_row_than_was_acknowledged_does_nothing",
        ),
    ),
)

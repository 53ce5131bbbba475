"""Bugs in what a worker does: gates, leases, looks, results."""

from tests.mutants.planted import planted

_RECOVERY = "dr_core/execution/recovery.py"
_GATE = "dr_core/execution/gate.py"
_JUDGE = "dr_core/execution/judge.py"
_LEASE = "dr_core/execution/lease.py"
_LOOK = "dr_core/execution/look.py"
_PACE = "dr_core/execution/pace.py"

GATED = (
    planted(
        "the gates are not asked",
        _RECOVERY,
        ("    if gated:\n        return Moves(start", "    if True:\n        return Moves(start"),
        rule="every gate before the first fencing step",
        tests=("tests/unit/execution/test_runner.py::test_next_moves_start_nothing_that_fences_before_the_gates",),
    ),
    planted(
        "closed gates are passed",
        _GATE,
        ("        if loss is None and not reasons:", "        if loss is None:"),
        rule="every gate before the first fencing step",
        tests=("tests/unit/execution/test_runner.py::test_closed_gates_end_the_run_before_anything_is_fenced",),
    ),
    planted(
        "the loss limit is not compared",
        _GATE,
        ("        if loss is None and not reasons:", "        if not reasons:"),
        rule="more loss than anybody accepted asks for a new round",
        tests=(
            "tests/unit/control/test_rounds.py::test_more_loss_than_was_accepted_opens_a_new_round_and_fences_nothing",
        ),
    ),
    planted(
        "the highest accepted limit counts",
        _JUDGE,
        ("    return min(limits) if limits else None", "    return max(limits) if limits else None"),
        rule="the lowest accepted limit counts",
        tests=("tests/unit/approvals/test_standing.py",),
    ),
    planted(
        "a run that waited for long needs no quorum again",
        "dr_core/execution/quorum.py",
        ("    if has_taken(run) or idle <= LASTS:", "    if True:"),
        rule="an approval lasts 30 minutes before the first fencing step",
        tests=(
            "tests/unit/control/test_rounds.py::test_a_pause_of_more_than_half_an_hour_before_fencing_needs_the_quorum_again",
        ),
    ),
    planted(
        "a step begins before those that it comes after",
        _RECOVERY,
        ("all(records[name].state.settled for name in step.after)", "True"),
        rule="the order of a run",
        tests=("tests/unit/execution/test_order.py",),
    ),
)

OWNED = (
    planted(
        "the guard is not asked before a step acts",
        _LOOK,
        ("            guard()\n            acted = True", "            acted = True"),
        rule="without a live lease nothing leaves the process",
        tests=("tests/unit/execution/test_look.py",),
    ),
    planted(
        "the guard is not asked before a request is sent",
        "dr_core/aws/sending.py",
        ("    if guard is not None:\n        guard()\n", ""),
        rule="without a live lease nothing leaves the process",
        tests=("tests/unit/aws/test_session.py::test_nothing_leaves_once_the_guard_objects_not_even_a_retry",),
    ),
    planted(
        "a lease that is over counts as live",
        _LEASE,
        ("not self._lost and self._clock.monotonic() < self._deadline", "not self._lost"),
        rule="an owner stops by its own clock",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "a lost lease counts as live",
        _LEASE,
        ("not self._lost and self._clock.monotonic() < self._deadline", "self._clock.monotonic() < self._deadline"),
        rule="a known loss ends the lease",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "an owner counts from the answer to its renewal",
        _LEASE,
        (
            "        self._deadline = sent_at + self._timing.ttl_s - self._timing.margin_s",
            "        self._deadline = self._clock.monotonic() + self._timing.ttl_s - self._timing.margin_s",
        ),
        rule="the owner's deadline comes before the store's",
        tests=("tests/unit/execution/test_lease.py",),
    ),
    planted(
        "the lease has no margin",
        _LEASE,
        (
            "        self._deadline = sent_at + timing.ttl_s - timing.margin_s",
            "        self._deadline = sent_at + timing.ttl_s",
        ),
        rule="a late call ends before another owner begins",
        tests=("tests/unit/execution/test_lease.py",),
    ),
)

ACTED = (
    planted(
        "a step acts without having looked",
        _LOOK,
        ("            if observation.progress is not Progress.ABSENT or not may_act:", "            if not may_act:"),
        rule="observe before acting, again after a crash",
        tests=("tests/unit/execution/test_look.py",),
    ),
    planted(
        "a call without a trace is made again at once",
        _PACE,
        ("ABSENT_BEFORE_ACTING_AGAIN_S = 10.0", "ABSENT_BEFORE_ACTING_AGAIN_S = 0.0"),
        rule="what was done is given time to show",
        tests=("tests/unit/execution/test_order.py",),
    ),
    planted(
        "a deadline is never over",
        _PACE,
        ("    if pursued_s >= step.deadline_s:\n        return True\n", ""),
        ("    return looked and record.deadline_at", "    return False and record.deadline_at"),
        rule="no run waits for ever",
        tests=(
            "tests/unit/execution/test_runner.py::test_a_best_effort_step_in_a_dead_region_is_bounded_and_tried_again_after_the_end",
        ),
    ),
    planted(
        "a time-out is a failure where two writers could be made",
        _PACE,
        ("    if maybe_done and step.segment in TWO_WRITERS:\n        return StepState.UNCERTAIN\n", ""),
        rule="a time-out is uncertain, not failed",
        tests=(
            "tests/unit/execution/test_runner.py::test_a_promotion_that_may_be_half_done_waits_for_a_person_and_goes_on_when_it_is_seen_done",
        ),
    ),
    planted(
        "an uncertain step counts as settled",
        "dr_core/execution/model.py",
        (
            "StepState.REACHED_LATE, StepState.SKIPPED)",
            "StepState.REACHED_LATE, StepState.SKIPPED, StepState.UNCERTAIN)",
        ),
        rule="uncertain is not done",
        tests=("tests/unit/execution/test_order.py",),
    ),
    planted(
        "a step that is under way counts as done",
        _PACE,
        ("    if seen.progress is Progress.SATISFIED:", "    if seen.progress is not Progress.ABSENT:"),
        rule="a call that returned is not a result",
        tests=("tests/unit/execution/test_runner.py::test_a_call_that_returned_is_not_a_result",),
    ),
    planted(
        "what could not be reached is tried though a newer run acts",
        "dr_core/execution/records.py",
        (
            "            if scope.holder(tx, scope.names(run.application, related())) is not None:",
            "            if False:",
        ),
        rule="a finished run keeps out of a newer one's way",
        tests=("tests/unit/execution/test_order.py",),
    ),
    planted(
        "what could not be reached is tried where the application lives again",
        "dr_core/execution/records.py",
        ("            if sight is Sight.AWAY:", "            if True:"),
        rule="nothing is taken from the region that serves",
        tests=("tests/unit/execution/test_follow_up.py",),
    ),
)

STOPPED = (
    planted(
        "a hold is ignored when steps are begun",
        "dr_core/execution/model.py",
        (
            "        return not self.holds and self.hold is None and self.braked_since is None and self.ending is None",
            "        return True",
        ),
        rule="nothing new starts in a run that is held",
        tests=("tests/unit/execution/test_order.py",),
    ),
    planted(
        "an abort is ignored",
        _RECOVERY,
        ("    if run.ending is not None:\n        return _to_the_end(run)\n", ""),
        rule="an aborted run ends",
        tests=(
            "tests/unit/control/test_hold_and_go_on.py::test_an_abort_before_anything_was_taken_away_ends_the_run_unharmed",
        ),
    ),
    planted(
        "a takeover leaves the epoch",
        "dr_core/execution/control.py",
        ('Change([entry], {"epoch": run.epoch + 1})', "Change([entry], {})"),
        rule="whoever a run was taken from writes nothing any more",
        tests=(
            "tests/unit/control/test_hold_and_go_on.py::test_a_hung_worker_loses_its_run_and_another_goes_on_after_the_lease",
        ),
    ),
    planted(
        "a requester may release the brake",
        "dr_core/execution/brake.py",
        (
            "        permit(tx, services, actor, Role.APPROVER)\n        old",
            "        permit(tx, services, actor, Role.APPROVER, Role.REQUESTER)\n        old",
        ),
        rule="only approvers release the brake",
        tests=("tests/unit/control/test_brake.py",),
    ),
    planted(
        "one approver resumes a run that needs its quorum",
        "dr_core/execution/control.py",
        ("        if run.holds_for(HoldKind.ROUND) is not None:", "        if False:"),
        rule="a new round is completed by its quorum",
        tests=("tests/unit/control/test_rounds.py::test_while_people_are_asked_again_nobody_resumes_the_run_alone",),
    ),
    planted(
        "the middle of a run is stopped without asking",
        "dr_core/execution/control.py",
        ("    if confirmed:\n        return None\n    impact", "    if True:\n        return None\n    impact"),
        rule="what is down is shown before somebody stops there",
        tests=("tests/unit/control/test_hold_and_go_on.py::test_in_the_middle_a_pause_tells_what_is_down_and_asks",),
    ),
    planted(
        "what answered again is not proven again",
        "dr_core/execution/runner.py",
        ("hand.proven != (run.round, run.plan)", "hand.proven is None"),
        rule="no effect without its acknowledgements",
        tests=("tests/unit/control/test_proof.py",),
    ),
)

"""What may become of a run and of a step, as tables; the store refuses every other change."""

from dr_core.audit.events import EventKind
from dr_core.execution.model import RunState, StepState
from dr_core.states import Row, Table

_UNFINISHED = (RunState.PENDING, RunState.RUNNING, RunState.HELD)
_FINISHED = (RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED)
_SETTLES = "What was uncertain has its result: nothing holds the run any more, unless something else does."

RUNS: Table[RunState] = Table(
    "run",
    RunState,
    (
        Row(
            (None,), EventKind.RUN_CREATED, RunState.PENDING, "The acknowledgement that completes the quorum makes it."
        ),
        Row((*_UNFINISHED, *_FINISHED), EventKind.RUN_TAKEN, None, "A worker takes the free lease: the epoch grows."),
        Row(_UNFINISHED, EventKind.RUN_TAKEN_OVER, None, "An approver takes it from a hung worker: the epoch grows."),
        Row(
            (RunState.PENDING,), EventKind.RUN_STARTED, RunState.RUNNING, "Its acknowledgements are proven; it begins."
        ),
        Row((RunState.RUNNING,), EventKind.RUN_GATES_PASSED, None, "Every gate is open: it may fence."),
        Row(
            _UNFINISHED,
            EventKind.RUN_GATES_REFUSED,
            RunState.FAILED,
            "A gate stayed closed, or people cannot be asked again: nothing was fenced.",
        ),
        Row(
            _UNFINISHED,
            EventKind.RUN_ROUND_NEEDED,
            RunState.HELD,
            "More would be lost than anybody accepted, or it stood still too long: its quorum is needed again.",
        ),
        Row(
            (RunState.RUNNING, RunState.HELD),
            EventKind.RUN_HELD,
            RunState.HELD,
            "A step is uncertain where going on could make two writers: a person decides.",
        ),
        Row(
            (RunState.RUNNING, RunState.HELD),
            EventKind.RUN_LOSS_GREW,
            None,
            "What takes the source's work away is asked for later than its intent said: more is lost by now.",
        ),
        Row(_UNFINISHED, EventKind.RUN_PAUSED, RunState.HELD, "Somebody pauses it: nothing new starts."),
        Row((RunState.HELD,), EventKind.RUN_RESUMED, RunState.PENDING, "It goes on; it had not begun."),
        Row((RunState.HELD,), EventKind.RUN_RESUMED, RunState.RUNNING, "It goes on where it was."),
        Row((RunState.HELD,), EventKind.RUN_RESUMED, None, "Its quorum is there again; another hold stays."),
        Row((RunState.HELD,), EventKind.STEP_DONE, RunState.RUNNING, _SETTLES),
        Row((RunState.HELD,), EventKind.STEP_FAILED, RunState.RUNNING, _SETTLES),
        Row((RunState.HELD,), EventKind.STEP_NOT_REACHED, RunState.RUNNING, _SETTLES),
        Row((RunState.HELD,), EventKind.STEP_SKIPPED, RunState.RUNNING, _SETTLES),
        Row(
            _UNFINISHED,
            EventKind.RUN_ABORT_ASKED,
            None,
            "An approver wants its end: nothing new starts, what is under way is watched.",
        ),
        Row(_UNFINISHED, EventKind.RUN_ABORTED, RunState.ABORTED, "Nothing is under way any more; nothing is undone."),
        Row(_UNFINISHED, EventKind.RUN_SUPERSEDED, RunState.ABORTED, "A forced request takes its place."),
        Row(
            (RunState.RUNNING, RunState.HELD),
            EventKind.RUN_SUCCEEDED,
            RunState.SUCCEEDED,
            "Every step is settled; one that is held has nothing left to start.",
        ),
        Row(
            _UNFINISHED,
            EventKind.RUN_FAILED,
            RunState.FAILED,
            "A step failed, or its acknowledgements could not be proven.",
        ),
        Row(
            _FINISHED,
            EventKind.RUN_FOLLOWED,
            None,
            "Nothing is left to be tried, or it is a newer run's, or is not wanted any more.",
        ),
    ),
    {
        RunState.SUCCEEDED: "what could not be reached is still tried",
        RunState.FAILED: "what could not be reached is still tried, if the writer moved",
        RunState.ABORTED: "what could not be reached is still tried, if the writer moved",
    },
)

_OPEN = (StepState.RUNNING, StepState.UNCERTAIN)

STEPS: Table[StepState] = Table(
    "step",
    StepState,
    (
        Row((None,), EventKind.RUN_CREATED, StepState.WAITING, "Every step of the plan is made with the run."),
        Row(
            (StepState.WAITING,),
            EventKind.STEP_INTENT,
            StepState.RUNNING,
            "The intent is written before anything else.",
        ),
        Row((StepState.RUNNING,), EventKind.STEP_INTENT, None, "Its last call left no trace: another attempt."),
        Row(
            (StepState.UNCERTAIN,), EventKind.STEP_INTENT, StepState.RUNNING, "An approver resumed: look again, go on."
        ),
        Row((StepState.NOT_REACHED,), EventKind.STEP_INTENT, None, "The dead region answers again: a late attempt."),
        Row(
            (StepState.RUNNING, StepState.NOT_REACHED),
            EventKind.STEP_FOUND,
            None,
            "How it stands is written before the first call that changes it: what a rollback goes back to.",
        ),
        Row(_OPEN, EventKind.STEP_DONE, StepState.DONE, "Its effect was observed; an answer alone is no result."),
        Row(_OPEN, EventKind.STEP_FAILED, StepState.FAILED, "It did not take place, for certain, or harmed nobody."),
        Row(
            _OPEN,
            EventKind.STEP_NOT_REACHED,
            StepState.NOT_REACHED,
            "Best effort in a dead region, acknowledged beforehand: the run goes on without it.",
        ),
        Row(
            (StepState.WAITING, StepState.SKIPPED),
            EventKind.STEP_NOT_REACHED,
            StepState.NOT_REACHED,
            "A fence that its run ends without, although the writer has moved: it is tried on.",
        ),
        Row(
            (StepState.RUNNING,),
            EventKind.STEP_UNCERTAIN,
            StepState.UNCERTAIN,
            "Not seen to end in time, and it may have taken place.",
        ),
        Row(_OPEN, EventKind.STEP_SKIPPED, StepState.SKIPPED, "Its run is to end, and nothing of it is there."),
        Row((StepState.NOT_REACHED,), EventKind.STEP_REACHED_LATE, StepState.REACHED_LATE, "It is there after all."),
        Row(
            (StepState.NOT_REACHED,),
            EventKind.STEP_FAILED,
            StepState.FAILED,
            "It has ended without success after its run, or the application is back in its region.",
        ),
    ),
    {
        StepState.DONE: "nothing",
        StepState.FAILED: "nothing but the end of its run",
        StepState.SKIPPED: "nothing but the end of its run, which has a fence tried on, if the writer moved",
        StepState.REACHED_LATE: "nothing",
    },
)

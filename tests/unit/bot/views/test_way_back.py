"""What would take a run back is shown with the run: how many steps, what stays, and why not now."""

from types import ModuleType

from bot.views import run
from commands.rendering.run import run as lines
from commands.rendering.words import rollback_of
from dr_core.reports.model import LeftView, RollbackView, RunView


def view(samples: ModuleType, steps: int = 2, left: int = 1, blocked: str = "") -> RunView:
    stays = LeftView(step="promote", title="Make it the writer", why="It cannot be taken back.", instead="Fail back.")
    back = RollbackView(
        steps=tuple(f"Step back {number}" for number in range(steps)),
        irreversible=(stays,) * left,
        blocked=blocked,
    )
    found: RunView = samples.run("succeeded").model_copy(update={"rollback": back})
    return found


def test_a_run_says_what_would_take_it_back_and_what_stays(samples: ModuleType) -> None:
    shown = str(run.way_back(view(samples)))
    for words in ("rollback: 2 steps, 1 irreversible", "/dr rollback run-7k2m9qpd", "Step back 1", "Fail back."):
        assert words in shown
    told = "\n".join(lines(view(samples), samples.NOW))
    for words in ("Way back: rollback: 2 steps, 1 irreversible", "rollback run-7k2m9qpd asks for it", "stays: Make it"):
        assert words in told


def test_why_it_cannot_be_asked_for_stands_in_the_place_of_the_command(samples: ModuleType) -> None:
    blocked = view(samples, blocked="the run is not finished")
    shown, told = str(run.way_back(blocked)), "\n".join(lines(blocked, samples.NOW))
    for text in (shown, told):
        assert "not now: the run is not finished" in text
        assert "asks for it" not in text


def test_a_long_way_back_is_cut_and_names_where_it_is_whole(samples: ModuleType) -> None:
    shown = str(run.way_back(view(samples, steps=30)))
    assert "18 more" in shown
    assert "Step back 12" not in shown


def test_a_run_that_has_changed_nothing_has_none(samples: ModuleType) -> None:
    assert run.way_back(samples.run()) == []
    assert "Way back" not in "\n".join(lines(samples.run(), samples.NOW))
    assert rollback_of(0, 0) == ""
    assert rollback_of(1, 0) == "rollback: 1 step, 0 irreversible"

"""Looking changes nothing: status, health, plan, doctor, help, and one clear message for every wrong word."""

import pytest

from tests.scenario.room import REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process
APPROVER = "U0ADA"


def test_status_tells_everybody_the_truth_right_after_ready(room: Room) -> None:
    lines = [f"{region} \N{LARGE GREEN CIRCLE} healthy" for region in ("eu-central-1", "eu-west-1")]
    answer = wait_until(
        lambda: room.ask(REQUESTER, "/dr status", "active in eu-central-1"),
        lambda said: all(line in said.text for line in lines),
        8,
        "two healthy regions",
        lambda said: said.text,
    )
    assert answer.to is None, "the status belongs to the whole channel"
    told, truth = room.status("shop"), room.world("shop")
    assert told["writers"] == truth["writers"] == ["eu-central-1"]
    assert told["answers"] == truth["answers"] == ["eu-central-1"]
    [gate] = [store for store in told["stores"] if store["gate"]]
    assert gate["exposure_seconds"] == pytest.approx(truth["lag_seconds"]["eu-west-1"], abs=2)
    assert gate["age_seconds"] is not None
    assert gate["threshold_seconds"] == 60


def test_the_doctor_finds_nothing_wrong_in_a_healthy_world(room: Room) -> None:
    assert "no check failed" in room.ask(REQUESTER, "/dr doctor", timeout=15).words
    assert room.dr("doctor").returncode == 0


def test_the_budget_is_there_soon_after_the_start_with_its_age_and_its_regions(room: Room) -> None:
    told = wait_until(lambda: room.json("budget"), lambda found: found["read_at"] is not None, 30, "a reading of costs")
    assert told["age_seconds"] < 600
    assert {one["region"]: one["role"] for one in told["regions"]}["eu-west-1"] == "standby"
    assert told["problems"] == []
    room.ask(REQUESTER, "/dr budget", "Expected for the month")


def test_help_lists_what_this_person_may_run(room: Room) -> None:
    robin, ada = room.ask(REQUESTER, "/dr help").words, room.ask(APPROVER, "/dr").words
    assert "/dr failover" in robin
    assert "/dr approve" in ada
    assert "/dr approve" not in robin
    assert "--reason" in room.ask(REQUESTER, "/dr help failover").words


@pytest.mark.parametrize(
    ("typed", "names", "way_out"),
    [
        ("/dr statsu", "statsu", "/dr status"),
        ("/dr status nope", "nope", "shop"),
        ("/dr failover mars-1", "mars-1", "eu-west-1"),
        ("/dr failover us-east-1", "us-east-1", "eu-west-1"),
        ("/dr failover eu-central-1", "active in eu-central-1 already", "eu-west-1"),
        ("/dr failover eu-west-1 --colour red", "colour", "failover"),
        ("/dr approve r-zzzzzzzz", "approver", "approver"),
        ("/dr run show run-zzzzzzzz", "run-zzzzzzzz", "/dr runs"),
        ("/dr failback", "eu-central-1", "eu-central-1"),
        ("/dr config check", "config check", "terminal"),
    ],
)
def test_wrong_words_get_one_clear_message_and_change_nothing(room: Room, typed: str, names: str, way_out: str) -> None:
    answer = room.ask(REQUESTER, typed)
    assert answer.to == REQUESTER
    assert names in answer.text
    assert way_out in answer.text
    assert "Traceback" not in answer.words
    assert room.cards() == []
    assert room.calls() == []


def test_an_operation_that_was_refused_leaves_an_audit_event(room: Room) -> None:
    before = len(_refusals(room))
    room.ask(REQUESTER, "/dr failover eu-central-1", "already")
    assert len(_refusals(room)) == before + 1


def _refusals(room: Room) -> list[str]:
    events = room.json("audit", "list", "--chain", "ops", "--limit", "500")["events"]
    return [one["kind"] for one in events if one["kind"] in ("request.refused", "command.refused")]


def test_what_is_missing_is_asked_for_in_a_form_filled_with_what_is_known(room: Room) -> None:
    view = room.opened(REQUESTER, room.say(REQUESTER, '/dr failover --forced --reason "maintenance"'))
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert [one["value"] for one in inputs["region"]["options"]] == ["eu-central-1", "eu-west-1"]
    assert inputs["forced"]["initial_option"]["value"] == "forced"
    assert inputs["reason"]["initial_value"] == "maintenance"
    terminal = room.dr("plan")
    assert terminal.returncode == 2
    assert len(terminal.stderr.strip().splitlines()) == 1


def test_a_plan_shows_everything_and_changes_nothing(room: Room) -> None:
    shown = room.ask(REQUESTER, "/dr plan eu-west-1", "nothing was changed").words
    first, second = room.json("plan", "eu-west-1"), room.json("plan", "eu-west-1")
    assert first["schema"] == "dr.plan/1"
    assert first["digest"] == second["digest"]
    assert first["digest"][:12] in shown
    assert all(step["plane"] in ("data", "control") and step["estimate"]["source"] for step in first["steps"])
    assert room.json("plan", "eu-west-1", "--forced")["digest"] != first["digest"]
    assert room.calls() == []


def test_the_terminal_is_read_only(room: Room) -> None:
    refused = room.dr("failover", "eu-west-1", "--reason", "from a terminal")
    assert refused.returncode == 3, refused.stderr
    assert "Traceback" not in refused.stderr
    assert room.cards() == []


def test_health_and_replication_show_every_signal_with_its_age(room: Room) -> None:
    health = room.ask(REQUESTER, "/dr health", "eu-west-1").words
    assert "healthy" in health
    stores = room.ask(REQUESTER, "/dr replication", "aurora_global shop (gate)").words
    for column in ("Exposure", "Threshold", "Age", "Verdict"):
        assert column in stores


def test_a_buckets_heartbeat_is_timed_across_and_shown_with_its_figures(room: Room) -> None:
    def bucket_of() -> Json:
        return next(store for store in room.status("shop")["stores"] if store["kind"] == "s3")

    bucket = wait_until(bucket_of, lambda one: one["exposure_seconds"] is not None, 20, "the first heartbeat to cross")
    answer = room.ask(REQUESTER, "/dr replication", "heartbeat").words
    assert "pending operations" in answer
    assert "last 12 m: worst" in answer
    figures = {figure["name"].partition("/")[0]: figure for figure in bucket["figures"]}
    assert figures["heartbeat"]["value"] <= bucket["exposure_seconds"], "never better than the heartbeat proves"
    assert all(figure["source"] for figure in bucket["figures"])
    beats = [one for one in room.ok("/api/world/calls")["calls"] if one["purpose"] == "heartbeat"]
    assert {one["operation"] for one in beats} == {"PutObject"}

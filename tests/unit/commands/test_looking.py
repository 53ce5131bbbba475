"""Commands that look: what they say, from the store alone, with ages."""

import pytest

from dr_core.audit.chain import GENESIS, hash_of
from dr_core.errors import NotFoundError
from dr_core.observation.model import Verdict
from dr_core.readiness.examination import About
from dr_core.readiness.model import Sheet
from dr_core.store import readiness, replicas
from dr_core.store.tables import observation
from tests.unit.approvals.conftest import examined


def test_status_tells_where_it_runs_and_what_would_be_lost(desk) -> None:
    [shop] = desk.type("status").result.applications
    assert shop.active_region == "eu-central-1"
    assert shop.writers == ("eu-central-1",)
    assert shop.answers == ("eu-central-1",)
    assert {name: region.role for name, region in shop.regions.items()} == {
        "eu-central-1": "active",
        "eu-west-1": "standby",
    }
    assert all(region.verdict is Verdict.HEALTHY for region in shop.regions.values())
    assert shop.exposure_seconds == 0.4
    assert shop.last_drill is None
    assert shop.freeze is None


def test_status_json_has_the_fields_of_the_contract(desk) -> None:
    report = desk.type("status").result.model_dump(mode="json", by_alias=True)
    assert report["schema"] == "dr.status/1"
    assert report["brake"] is False
    [shop] = report["applications"]
    assert set(shop) >= {"name", "active_region", "writers", "freeze", "last_drill", "regions", "stores",
                         "exposure_seconds", "requests", "runs"}  # fmt: skip
    assert set(shop["regions"]["eu-west-1"]) == {"role", "verdict", "reasons", "observed_at"}
    assert set(shop["stores"][0]) == {"kind", "name", "region", "gate", "exposure_seconds", "threshold_seconds",
                                      "age_seconds", "verdict", "source", "reason", "figures"}  # fmt: skip


def test_an_old_observation_says_nothing_about_now(desk) -> None:
    desk.clock.advance(95)
    [shop] = desk.type("status").result.applications
    assert {region.verdict for region in shop.regions.values()} == {Verdict.UNKNOWN}
    assert "not observed since 09:00:00Z (95 s ago)" in shop.regions["eu-west-1"].reasons[0]
    assert (shop.writers, shop.answers) == (None, None)
    [store] = shop.stores
    assert (store.exposure_seconds, store.age_seconds) == (95.4, 95)


def test_what_was_never_observed_is_unknown_and_not_well(desk) -> None:
    desk.services.store.write(lambda tx: tx.conn.execute(observation.delete()))
    [shop] = desk.type("status").result.applications
    assert {region.verdict for region in shop.regions.values()} == {Verdict.UNKNOWN}
    assert shop.regions["eu-west-1"].observed_at is None
    outcome = desk.type("health")
    assert outcome.exit_code == 1
    assert outcome.result.observed_at is None


def test_health_is_well_when_everything_is(desk) -> None:
    examined(desk.services)
    outcome = desk.type("health")
    assert outcome.result.all_well
    assert outcome.exit_code == 0
    [shop] = outcome.result.applications
    assert [signal.name for region in shop.regions for signal in region.signals] == ["http", "http"]


def test_health_is_not_well_where_a_failover_would_be_blocked_and_says_where_nobody_knows(desk) -> None:
    report = desk.type("health").result
    assert report.all_well
    [unknown] = report.applications[0].findings
    assert (unknown.code, "no preflight was made yet" in unknown.message) == ("readiness-unknown", True)
    about = About("database", "shop", "eu-west-1", "RDS", desk.clock.now())
    headless = about.blocking("target-headless", "It has no instance.", way_out="Add one.")
    sheet = Sheet(application="shop", at=desk.clock.now(), duration_s=1, complete=True, checks=(headless,))
    desk.services.store.write(lambda tx: readiness.put(tx, sheet))
    report = desk.type("health").result
    assert not report.all_well
    [blocked] = report.applications[0].findings
    assert (blocked.code, blocked.evidence) == ("not-ready", "It has no instance.")


def test_health_of_a_region_that_is_down_says_why(desk) -> None:
    desk.observe(down=("eu-central-1",))
    outcome = desk.type("health")
    assert outcome.exit_code == 1
    region = outcome.result.applications[0].regions[0]
    assert (region.verdict, region.reasons) == (Verdict.DOWN, ("2 signals say so",))


def test_health_warns_loudly_of_a_quorum_that_cannot_be_reached(ledger) -> None:
    ledger.clock.advance(1)
    ledger.read_roster("U0REQUESTER", approvers=("U7INES",))
    report = ledger.type("health").result
    assert not report.all_well
    assert [finding.code for finding in report.findings] == ["quorum-forced"]
    assert "cannot be reached" in report.findings[0].message


def test_replication_shows_value_threshold_and_age_together(desk) -> None:
    desk.clock.advance(5)
    [shop] = desk.type("replication").result.applications
    [store] = shop.stores
    assert (store.exposure_seconds, store.threshold_seconds, store.age_seconds) == (0.4, 60, 5)


def test_waiting_requests_and_runs_are_listed_first(desk) -> None:
    done = desk.type("failover eu-west-1").result
    desk.type(f"cancel {done.id}")
    waiting = desk.type("failover eu-west-1").result
    listed = desk.type("requests").result.requests
    assert [(item.id, item.state) for item in listed] == [(waiting.id, "open"), (done.id, "cancelled")]
    desk.type(f"approve {waiting.id}", "U0ADA")
    [run] = desk.type("runs").result.runs
    assert (run.request, run.state, run.rto_seconds) == (waiting.id, "pending", None)
    by_run, by_request = desk.type(f"run show {run.id}").result, desk.type(f"run show {waiting.id}").result
    assert by_run == by_request
    assert by_run.rto_reason == "the run is not finished"
    assert {segment.name for segment in by_run.segments} >= {"detect", "decide", "fence", "promote", "switch", "verify"}
    with pytest.raises(NotFoundError):
        desk.type("run show run-none")


def test_the_trail_is_listed_verified_and_exported(desk) -> None:
    request = desk.type("failover eu-west-1").result
    desk.type(f"approve {request.id}", "U0ADA")
    events = desk.type(f"audit list --request {request.id}").result.events
    assert [event.kind for event in events][:3] == ["request.opened", "request.acked", "request.approved"]
    assert events[1].actor == "Ada"
    verdict = desk.terminal("audit", "verify")
    assert verdict.result.ok
    assert verdict.exit_code == 0
    exported = desk.terminal("audit", "export").result.events
    heads: dict[str, str] = {}
    for event in exported:
        assert event.prev == heads.get(event.chain, GENESIS)
        assert event.hash == hash_of(event.prev, event.body)
        heads[event.chain] = event.hash
    assert {request.id, "root"} <= set(heads)


@pytest.fixture
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.mark.usefixtures("no_credentials_of_this_machine")
def test_the_doctor_names_what_is_wrong_and_the_way_out(desk) -> None:
    desk.services.store.write(lambda tx: replicas.beat(tx, "w1", "worker", "1", {}))
    outcome = desk.terminal("doctor")
    checks = {check.name: check for check in outcome.result.checks}
    assert outcome.exit_code == 1
    assert checks["store"].state == "ok"
    assert checks["clock"].state == "ok"
    assert checks["quorum forced"].state == "ok"
    assert checks["worker processes"].state == "ok"
    assert checks["observed shop"].state == "ok"
    assert checks["bot processes"].state == "warning"
    assert checks["Slack"].state == "unknown"
    assert checks["AWS eu-west-1"].state == "failed"
    assert all(check.way_out for check in outcome.result.checks if check.state != "ok")


@pytest.mark.usefixtures("no_credentials_of_this_machine")
def test_the_doctor_of_a_terminal_hears_of_slack_from_the_bot(desk) -> None:
    told = {"checks": [{"name": "Slack", "state": "ok", "detail": "answered 3 s ago", "way_out": ""}]}
    desk.services.store.write(lambda tx: replicas.beat(tx, "b1", "bot", "1", told))
    checks = {check.name: check for check in desk.terminal("doctor").result.checks}
    assert checks["Slack"].detail == "answered 3 s ago"

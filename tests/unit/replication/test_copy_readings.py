"""Tables: what is read into what two regions say of keys, tables, caches, parameters and flags."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dr_core.errors import DeniedError, DrError, RejectedError, UnreachableError
from dr_core.observation.model import Reading
from dr_core.replication.copies import CacheMember, CacheView, FlagsView, KeyProof, KeyView, TableView
from dr_core.replication.copy_readings import (
    cache_reading,
    flags_reading,
    key_reading,
    parameter_reading,
    table_reading,
)
from dr_core.replication.history import is_stale, with_history
from dr_core.replication.port import Measurement
from dr_core.replication.readings import Towards

NOW = datetime(2026, 4, 1, 10, 3, tzinfo=UTC)
HERE, THERE = "ca-west-1", "ca-central-1"
SILENT = UnreachableError("it is silent")
GONE = RejectedError("there is no such thing")
DENIED = DeniedError("permission is missing")


def towards(kind: str) -> Towards:
    return Towards(kind, "thing", THERE, HERE, 60, NOW)


def key(region: str, identifier: str = "mrk-1", state: str = "Enabled") -> KeyView:
    return KeyView(region, identifier, state, True, HERE)


WORKED = KeyProof(True, NOW - timedelta(seconds=40), 12.5, "encrypted here, decrypted there")


@pytest.mark.parametrize(
    ("remark", "source", "copy", "proof", "in_step", "words"),
    [
        ("it works", key(HERE), key(THERE), WORKED, True, "encrypted here, decrypted there"),
        ("disabled there", key(HERE), key(THERE, state="Disabled"), WORKED, False, "in ca-central-1 is Disabled"),
        ("to be deleted", key(HERE), key(THERE, state="PendingDeletion"), WORKED, False, "PendingDeletion"),
        ("disabled here", key(HERE, state="Disabled"), key(THERE), WORKED, False, "the key in ca-west-1 is Disabled"),
        ("another key", key(HERE), key(THERE, "mrk-2"), WORKED, False, "two keys, not one: mrk-1"),
        ("alias missing", key(HERE), GONE, WORKED, False, "no such thing"),
        ("refused", key(HERE), key(THERE), KeyProof(False, NOW, None, "it is refused"), False, "it is refused"),
        ("a signing key", key(HERE), key(THERE), KeyProof(None, NOW, None, "it signs."), None, "be tried: it signs"),
        ("the copy is silent", key(HERE), SILENT, WORKED, None, "it is silent"),
        ("the source is silent", SILENT, key(THERE), WORKED, None, "it is silent"),
        ("not permitted to decrypt", key(HERE), key(THERE), DENIED, None, "permission is missing"),
    ],
)  # fmt: skip
def test_a_key_is_in_step_when_it_opens_what_the_other_closed(
    remark: str, source: KeyView | DrError, copy: KeyView | DrError, proof: KeyProof | DrError, in_step: bool | None,
    words: str,
) -> None:  # fmt: skip
    found = key_reading(towards("key"), source, copy, proof)
    assert found.in_step is in_step, remark
    assert words in found.reason


def test_a_key_is_as_fresh_as_its_trial() -> None:
    found = key_reading(towards("key"), key(HERE), key(THERE), WORKED)
    assert found.measured_at == NOW - timedelta(seconds=40)
    assert [(figure.name, figure.value, figure.measured_at) for figure in found.figures] == [
        ("round_trip", 12.5, WORKED.tried_at)
    ]


def table(region: str, other: str, replica: str | None = "ACTIVE", status: str = "ACTIVE") -> TableView:
    return TableView(region, status, {} if replica is None else {other: replica}, "2019.11.21")


LAG = Measurement(0.9, NOW - timedelta(seconds=50), "CloudWatch ReplicationLatency")
NOTHING = Measurement(None, None, "CloudWatch ReplicationLatency", "no datapoint")


@pytest.mark.parametrize(
    ("remark", "source", "copy", "lag", "seconds", "in_step", "words"),
    [
        ("measured", table(HERE, THERE), table(THERE, HERE), LAG, 0.9, None, ""),
        ("it lists itself, too", replace(table(HERE, THERE), replicas={HERE: "ACTIVE", THERE: "ACTIVE"}),
         table(THERE, HERE), LAG, 0.9, None, ""),
        ("being updated", table(HERE, THERE, "UPDATING"), table(THERE, HERE, status="UPDATING"), LAG, 0.9, None, ""),
        ("nothing written", table(HERE, THERE), table(THERE, HERE), NOTHING, None, None, "no datapoint"),
        ("no replica", table(HERE, THERE, None), table(THERE, HERE), LAG, None, False, "ca-west-1 has no replica in"),
        ("no table there", table(HERE, THERE), GONE, LAG, None, False, "no such thing"),
        ("key lost", table(HERE, THERE, "INACCESSIBLE_ENCRYPTION_CREDENTIALS: no key"), table(THERE, HERE), LAG, None,
         False, "INACCESSIBLE_ENCRYPTION_CREDENTIALS: no key, says ca-west-1"),
        ("made just now", table(HERE, THERE, "CREATING"), table(THERE, HERE, status="CREATING"), LAG, None, False,
         "CREATING"),
        ("the copy is silent", table(HERE, THERE), SILENT, LAG, 0.9, None, "it is silent"),
        ("the source is silent", SILENT, table(THERE, HERE), SILENT, None, None, "it is silent"),
        ("CloudWatch denied", table(HERE, THERE), table(THERE, HERE), DENIED, None, None, "permission is missing"),
    ],
)  # fmt: skip
def test_a_table_is_timed_unless_a_region_says_that_nothing_replicates(
    remark: str, source: TableView | DrError, copy: TableView | DrError, lag: Measurement | DrError,
    seconds: float | None, in_step: bool | None, words: str,
) -> None:  # fmt: skip
    found = table_reading(towards("dynamodb_global"), source, copy, lag)
    assert (found.seconds, found.in_step) == (seconds, in_step), remark
    assert words in found.reason


def test_a_replica_that_stops_working_is_not_hidden_by_the_last_datapoint() -> None:
    def read(replica: str, lag: Measurement) -> Reading:
        return table_reading(towards("dynamodb_global"), table(HERE, THERE, replica), table(THERE, HERE), lag)

    good = read("ACTIVE", LAG)
    (broken,) = with_history([read("REGION_DISABLED", LAG)], [good])
    assert (broken.in_step, broken.seconds) == (False, None)
    (again,) = with_history([read("ACTIVE", LAG)], [broken])
    assert (again.in_step, again.seconds, again.measured_at) == (None, 0.9, LAG.measured_at)


def cache(region: str, primary: str = HERE, **changed: object) -> CacheView:
    members = tuple(
        CacheMember(where, "hot", "PRIMARY" if where == primary else "SECONDARY", "associated")
        for where in (HERE, THERE)
    )
    view = CacheView(region, "x-hot", "available", members, "available", None if region == primary else LAG)
    return replace(view, **changed)  # type: ignore[arg-type]  # the tables below give fields as they are


ALONE = (CacheMember(HERE, "hot", "PRIMARY", "associated"),)
JOINING = (*ALONE, CacheMember(THERE, "hot", "SECONDARY", "associating"))


@pytest.mark.parametrize(
    ("remark", "source", "copy", "seconds", "in_step", "words"),
    [
        ("measured", cache(HERE), cache(THERE), 0.9, None, ""),
        ("the source is silent", SILENT, cache(THERE), 0.9, None, ""),
        ("no datapoint", cache(HERE), cache(THERE, lag=NOTHING), None, None, "no datapoint"),
        ("no member", cache(HERE), cache(THERE, members=ALONE, own_status=None), None, False, "no member in"),
        ("no such datastore", cache(HERE), GONE, None, False, "no such thing"),
        ("joining", cache(HERE), cache(THERE, members=JOINING), None, False, "is associating"),
        ("its group fails", cache(HERE), cache(THERE, own_status="create-failed"), None, False, "create-failed"),
        ("the writes go elsewhere", cache(HERE, primary=THERE), cache(THERE, primary=THERE), None, False,
         "takes writes in ca-central-1, not in the active region ca-west-1"),
        ("the copy is silent", cache(HERE), SILENT, None, None, "it is silent"),
    ],
)  # fmt: skip
def test_a_cache_is_timed_while_it_is_a_secondary_of_the_active_region(
    remark: str, source: CacheView | DrError, copy: CacheView | DrError, seconds: float | None, in_step: bool | None,
    words: str,
) -> None:  # fmt: skip
    found = cache_reading(towards("elasticache_global"), source, copy)
    assert (found.seconds, found.in_step) == (seconds, in_step), remark
    assert words in found.reason


@pytest.mark.parametrize(
    ("remark", "source", "copy", "in_step", "words"),
    [
        ("equal", {"/a": "1", "/b": "2"}, {"/a": "1", "/b": "2"}, True, "2 equal"),
        ("missing", {"/a": "1", "/b": "2"}, {"/a": "1"}, False, "1 missing in ca-central-1: /b"),
        ("different", {"/a": "1"}, {"/a": "2"}, False, "1 different: /a"),
        ("extra is told and harmless", {"/a": "1"}, {"/a": "1", "/c": "3"}, True, "1 only in ca-central-1: /c"),
        ("nothing anywhere is not in step", {}, {}, None, "no parameters"),
        ("many names are cut", {f"/{n}": "1" for n in range(9)}, {}, False, "and 4 more"),
        ("not reachable", {"/a": "1"}, SILENT, None, "it is silent"),
        ("the source is not reachable", SILENT, {"/a": "1"}, None, "it is silent"),
    ],
)
def test_parameters_are_in_step_by_fingerprint_and_named(
    remark: str, source: dict[str, str] | DrError, copy: dict[str, str] | DrError, in_step: bool | None, words: str
) -> None:
    found = parameter_reading(towards("parameters"), source, copy)
    assert found.in_step is in_step, remark
    assert words in found.reason


def test_differences_of_names_are_figures_with_their_time() -> None:
    source, copy = {"/a": "1", "/b": "2", "/c": "3"}, {"/a": "1", "/b": "9", "/x": "0"}
    found = parameter_reading(towards("parameters"), source, copy)
    assert {figure.name: figure.value for figure in found.figures} == {
        "equal": 1, "missing": 1, "different": 1, "extra": 1,
    }  # fmt: skip
    assert {figure.measured_at for figure in found.figures} == {NOW}


def flags(region: str, version: str | None = "3", under_way: str = "", **prints: str) -> FlagsView:
    return FlagsView(region, version, prints, under_way)


@pytest.mark.parametrize(
    ("remark", "source", "copy", "in_step", "words"),
    [
        ("counted differently", flags(HERE, "7", a="1"), flags(THERE, "3", a="1"), True, "version 7 here, 3 there"),
        ("different", flags(HERE, a="1"), flags(THERE, a="2"), False, "1 different: a"),
        ("missing", flags(HERE, a="1", b="1"), flags(THERE, a="1"), False, "1 missing in ca-central-1: b"),
        ("no flag at all", flags(HERE), flags(THERE), True, "0 equal"),
        ("never deployed there", flags(HERE, a="1"), flags(THERE, None), False, "nothing is deployed in ca-central-1"),
        ("never deployed here", flags(HERE, None), flags(THERE, a="1"), None, "nothing is deployed in ca-west-1"),
        ("under way", flags(HERE, a="1"), flags(THERE, under_way="BAKING version 4", a="1"), True,
         "under way in ca-central-1: BAKING version 4"),
        ("no profile there", flags(HERE, a="1"), GONE, False, "no such thing"),
        ("silent", flags(HERE, a="1"), SILENT, None, "it is silent"),
    ],
)  # fmt: skip
def test_flags_are_in_step_when_the_same_ones_are_deployed(
    remark: str, source: FlagsView | DrError, copy: FlagsView | DrError, in_step: bool | None, words: str
) -> None:
    found = flags_reading(towards("appconfig"), source, copy)
    assert found.in_step is in_step, remark
    assert words in found.reason


def test_settings_that_cannot_be_compared_are_in_step_for_two_minutes_more_and_stale_from_then_on() -> None:
    def ask(copy: FlagsView | DrError, after_s: float) -> Reading:
        return flags_reading(
            replace(towards("appconfig"), at=NOW + timedelta(seconds=after_s)), flags(HERE, a="1"), copy
        )

    last, said = ask(flags(THERE, a="1"), 0), []
    for after_s in (60, 110, 120, 121):
        (last,) = with_history([ask(SILENT, after_s)], [last])
        said.append((last.in_step, is_stale(last, last.observed_at)))
    assert said == [(True, False), (True, False), (True, False), (True, True)]

"""`dr.yaml` is read strictly, and whoever wrote it is told the place and the way out."""

from pathlib import Path

import jsonschema
import pytest

from dr_core.errors import ConfigError
from dr_core.topology.document import MAX_BYTES, compose_document
from dr_core.topology.load import TopologyError, check_file, load_checked, load_topology, schema
from dr_core.topology.model import Topology
from dr_core.topology.stores import RdsReplica

TOPOLOGIES = Path(__file__).parents[2] / "topologies"

MINIMAL = """\
version: 1
residency: {allowed_regions: [eu-central-1, eu-west-1]}
control_region: eu-west-1
slack: {incident_channel: C0INCIDENT, digest_channel: C0DIGEST}
approval:
  approvers: {usergroup: S0DRAPPROVERS}
applications:
  shop:
    primary: eu-central-1
    standby: [eu-west-1]
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "dr.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(tmp_path: Path, text: str | bytes) -> tuple[str, ...]:
    """The lines of the refusal, without the folder."""
    path = written(tmp_path, text)
    with pytest.raises(TopologyError) as caught:
        load_topology(path)
    assert isinstance(caught.value, ConfigError)
    assert "Traceback" not in str(caught.value)
    for line in caught.value.lines[:20]:
        assert line.startswith(f"{path}:"), line
    return tuple(line.removeprefix(f"{tmp_path}/") for line in caught.value.lines)


@pytest.mark.parametrize("name", ["full", "shop", "second", "three"])
def test_every_sample_topology_is_accepted_without_a_warning(name: str) -> None:
    path = TOPOLOGIES / f"{name}.yaml"
    assert check_file(path).findings == ()
    assert load_checked(path) == load_topology(path)


def test_the_smallest_file_gets_the_defaults(tmp_path: Path) -> None:
    topology = load_topology(written(tmp_path, MINIMAL))
    assert topology.approval.planned.required == 1
    assert topology.approval.forced.required == 2
    assert topology.objectives.rto.total_seconds() == 900
    assert topology.applications["shop"].regions == ("eu-central-1", "eu-west-1")


def test_a_forced_quorum_stays_two_when_only_its_expiry_is_given(tmp_path: Path) -> None:
    text = MINIMAL.replace("applications:", "  forced: {expires_after: 5m}\napplications:")
    assert load_topology(written(tmp_path, text)).approval.forced.required == 2


def test_a_custom_lambda_is_of_kind_lambda() -> None:
    custom = load_topology(TOPOLOGIES / "full.yaml").applications["shop"].custom[0]
    assert custom.kind == "lambda"
    assert custom.value.name == "warm-cache"


def test_values_survive_a_round_trip_through_json() -> None:
    topology = load_topology(TOPOLOGIES / "full.yaml")
    assert Topology.model_validate(topology.model_dump(mode="json", by_alias=True, exclude_unset=True)) == topology


WRONG = [
    # (what is replaced, by what, the line that must appear)
    (
        "standby: [eu-west-1]",
        "standby: [eu-west]",
        "dr.yaml:10: applications.shop.standby[0]: expected an AWS region code such as eu-west-1, got 'eu-west'",
    ),
    ("version: 1", "version: 2", "dr.yaml:1: version: expected 1, got 2"),
    ("primary:", "primry:", "dr.yaml:9: applications.shop.primry: unknown key 'primry'; did you mean 'primary'?"),
    ("primary: eu-central-1", "x: 1", "dr.yaml:8: applications.shop: the key 'primary' is missing"),
    (
        "S0DRAPPROVERS",
        "approvers",
        "dr.yaml:6: approval.approvers.usergroup: expected a Slack user group id such as S0DRAPPROVERS, got 'app",
    ),
    (
        "{usergroup: S0DRAPPROVERS}",
        "{}",
        "dr.yaml:6: approval.approvers: expected a usergroup or users, got an empty map",
    ),
    ("  shop:", "  Shop_1:", "dr.yaml:8: applications.Shop_1: expected a name of lower-case letters"),
    (
        "standby: [eu-west-1]",
        "standby: []",
        "dr.yaml:10: applications.shop.standby: expected at least one entry, got none",
    ),
    ("standby: [eu-west-1]", "standby: eu-west-1", "applications.shop.standby: expected a list, got 'eu-west-1'"),
    ("standby: [eu-west-1]", "standby:", "dr.yaml:10: applications.shop.standby: expected a list, got nothing"),
    ("control_region: eu-west-1", "control_region: [a]", "dr.yaml:3: control_region: expected text, got a list"),
    ("control_region: eu-west-1", "control_region: 7", "control_region: expected text, got 7; put it in quotes"),
]


@pytest.mark.parametrize(("old", "new", "line"), WRONG)
def test_an_error_names_file_line_path_and_what_was_expected(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert any(line in found for found in refused(tmp_path, MINIMAL.replace(old, new))), line


APPLICATION_KEYS = [
    ("health: [{htp: {}}]", "health[0].htp: unknown key 'htp'; did you mean 'http'?"),
    ("health: [{}]", "health[0]: expected exactly one of: http, route53, alarm, got an empty mapping"),
    (
        "custom: [{lambda: {name: a, function: f}, webhook: {name: b, url: 'https://h/'}}]",
        "custom[0]: expected exactly one of: lambda, ssm_document, webhook, plugin, got a mapping with lambda, webhook",
    ),
    (
        "release: {pointer: /p, colours: {blue: {prefix: a, health: {}}}}",
        "release.colours: expected at least 2 entries, got 1",
    ),
    ("health: [http]", "health[0]: expected a mapping with keys such as alarm, http, route53, got 'http'"),
    ("health: [{http: null}]", "health[0]: expected something under http"),
    ("health: [{http: {frankfurt: 'https://h/'}}]", "health[0].http.frankfurt: expected an AWS region code"),
    ("health: [{http: {eu-west-1: nope}}]", "health[0].http.eu-west-1: expected a URL such as"),
    (
        "capacity: [{ecs: {cluster: c, service: s, active: '4', standby: 0}}]",
        "active: expected a whole number, got '4'",
    ),
    ("capacity: [{ecs: {cluster: c, service: s, active: true, standby: 0}}]", "expected a whole number, got true"),
    ("capacity: [{ecs: {cluster: c, service: s, active: 0, standby: 0}}]", "active: expected at least 1, got 0"),
    ("capacity: [{ecs: {cluster: '', service: s, active: 1, standby: 0}}]", "cluster: expected one line of text"),
    ("canary: {percent: 6}", "canary.percent: expected at most 5, got 6"),
    ("canary: {percent: 5, hold: soon}", "canary.hold: expected a duration such as 30s, 15m or 1h, got 'soon'"),
    ("canary: {percent: 5, hold: -3}", "canary.hold: expected a duration"),
    ("canary: {percent: 5, hold: .inf}", "canary.hold: expected a duration"),
    ("canary: {percent: 5, hold: .nan}", "canary.hold: expected a duration"),
    ("canary: {percent: 5, hold: 99999999999999d}", "canary.hold: expected a duration"),
    (f"canary: {{percent: {'9' * 5000}}}", "canary.percent: expected a whole number"),
    ("parameters: {flags: 1.5}", "parameters.flags: expected text, got 1.5; put it in quotes"),
    ("colour: red", "unknown key 'colour'; expected one of: primary, standby"),
]


@pytest.mark.parametrize(("key", "line"), APPLICATION_KEYS)
def test_wrong_kinds_and_values_read_well(tmp_path: Path, key: str, line: str) -> None:
    lines = refused(tmp_path, f"{MINIMAL}    {key}\n")
    assert len(lines) == 1
    assert lines[0].startswith("dr.yaml:11: applications.shop")
    assert line in lines[0]
    assert len(lines[0]) < 400


POLICY = [
    ("detection: {interval: 0s}", "detection.interval: expected a duration longer than nothing"),
    ("schedule: {timezone: Mars/Base}", "schedule.timezone: expected an IANA time zone such as Europe/Berlin"),
    ("schedule: {timezone: Europe}", "schedule.timezone: expected an IANA time zone"),
    ("schedule: {timezone: ''}", "schedule.timezone: expected an IANA time zone"),
    ("budget: {monthly: -1}", "budget.monthly: expected at least 0, got -1"),
    ("budget: {monthly: lots}", "budget.monthly: expected a number, got 'lots'"),
    ("budget: {monthly: 1, usd_rate: {value: '0', date: 2026-11-20}}", "usd_rate.value: expected more than 0, got '0'"),
    ("budget: {monthly: 1, usd_rate: {value: 0.9, date: monday}}", "usd_rate.date: expected a date such as 2026-11-20"),
    ("people: [{name: Ada, slack: ada}]", "people[0].slack: expected a Slack user id such as U0ADA, got 'ada'"),
    ("objectives: {availability: 101}", "objectives.availability: expected at most 100, got 101"),
]


@pytest.mark.parametrize(("key", "line"), POLICY)
def test_wrong_policy_reads_well(tmp_path: Path, key: str, line: str) -> None:
    lines = refused(tmp_path, f"{key}\n{MINIMAL}")
    assert len(lines) == 1
    assert lines[0].startswith("dr.yaml:1: ")
    assert line in lines[0]


@pytest.mark.parametrize("text", ["planned: {required: 0}", "forced: {required: 1}"])
def test_a_quorum_below_its_floor_is_located(tmp_path: Path, text: str) -> None:
    lines = refused(tmp_path, MINIMAL.replace("applications:", f"  {text}\napplications:"))
    mode = text.split(":")[0]
    assert lines[0].startswith(f"dr.yaml:7: approval.{mode}.required: expected at least")


BROKEN = [
    ("", "dr.yaml:1: the file is empty"),
    ("# only a remark\n", "dr.yaml:1: the file is empty"),
    ("a:\n\tb: 1\n", "dr.yaml:2: a tab stands where YAML allows only spaces"),
    ("- a\n- b\n", "dr.yaml:1: expected a mapping with keys such as"),
    ("just text\n", "dr.yaml:1: expected a mapping with keys such as"),
    ("a: 1\n---\nb: 2\n", "expected one YAML document, got a second one"),
    ("a: [1\n", "this is not valid YAML"),
    ("a: b: c\n", "dr.yaml:1: a colon stands where no key can be"),
    ("a: *nowhere\n", "found undefined alias"),
    ("a: 'open\n", "this is not valid YAML"),
    ("version: 1\nb: \x01\n", "dr.yaml:2: a character that YAML does not allow"),
    (b"version: 1\nname: caf\xe9\n", "dr.yaml:2: expected UTF-8 text, got the byte 0xe9"),
    ("version: 1\n".encode("utf-16"), "dr.yaml:1: expected UTF-8 text"),
    ("[" * 5000, "dr.yaml:1: values are nested too deeply"),
    ("a: " + "[" * 60 + "]" * 60, "values are nested more than 40 deep"),
    ("a: &a [*a]\n", "dr.yaml:1: a[0]: an alias that contains itself"),
    ("? [a]\n: 1\n", "expected a plain key, got a list or a mapping as key"),
    ("a: {<<: {b: 1}}\n", "merge keys (<<) are not supported"),
    ("version: !!python/object/apply:os.system [ls]\n", "the tag !!python/object/apply:os.system is not allowed here"),
    ("version: !custom 1\n", "the tag !custom is not allowed here"),
    ("version: !!binary aGk=\n", "the tag !!binary is not allowed here"),
    ("%YAML 3.0\n---\na: 1\n", "this is not valid YAML"),
    (b"#" * (MAX_BYTES + 1), "expected at most 8 MiB"),
]


@pytest.mark.parametrize(("text", "line"), BROKEN, ids=range(len(BROKEN)))
def test_broken_yaml_gives_one_located_line_and_never_a_traceback(tmp_path: Path, text: str | bytes, line: str) -> None:
    assert any(line in found for found in refused(tmp_path, text))


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    lines = refused(tmp_path, MINIMAL + "    primary: eu-west-1\n")
    assert lines == ("dr.yaml:11: applications.shop.primary: the key 'primary' is given twice (first on line 9)",)


def test_a_small_file_cannot_grow_through_aliases() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    problems = compose_document("\n".join(rows)).problems
    assert len(problems) == 1
    assert "more than 500000 values" in problems[0].message


def test_an_alias_that_is_used_twice_is_fine(tmp_path: Path) -> None:
    text = MINIMAL.replace("[eu-central-1, eu-west-1]", "&all [eu-central-1, eu-west-1]")
    assert load_topology(written(tmp_path, text)).residency.allowed_regions == ("eu-central-1", "eu-west-1")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    assert load_topology(written(tmp_path, b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())).version == 1


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"does not exist|cannot be read"):
        load_topology(tmp_path / name)


def test_all_errors_are_told_in_the_order_of_the_file_and_at_most_twenty(tmp_path: Path) -> None:
    lines = refused(tmp_path, MINIMAL + "".join(f"    wrong{n}: 1\n" for n in range(30)))
    assert len(lines) == 21
    assert lines[-1] == "... and 10 more"
    numbers = [int(line.split(":")[1]) for line in lines[:-1]]
    assert numbers == sorted(numbers)


def test_the_first_error_is_the_message_and_the_rest_is_the_hint(tmp_path: Path) -> None:
    with pytest.raises(TopologyError) as caught:
        load_topology(written(tmp_path, MINIMAL + "    wrong: 1\n    other: 1\n"))
    assert "\n" not in caught.value.message
    assert str(caught.value).splitlines() == list(caught.value.lines)


def test_names_of_rds_are_read_as_rds_keeps_them(tmp_path: Path) -> None:
    """In lower case: what AWS answers is compared with them, and metrics are asked for by them."""
    named = MINIMAL + (
        "    database: {aurora_global: {global_cluster: Shop, clusters: {eu-central-1: Shop-A, eu-west-1: SHOP-B}}}\n"
        "    capacity: [{aurora_readers: {clusters: {eu-central-1: Shop-A, eu-west-1: SHOP-B}, active: 2, standby: 0}}]"
        "\n"
    )
    shop = load_topology(written(tmp_path, named)).applications["shop"]
    assert shop.database is not None
    assert shop.database.value.global_cluster == "shop"
    for part in (shop.database.value, shop.capacity[0].value):
        assert part.clusters == {"eu-central-1": "shop-a", "eu-west-1": "shop-b"}
    replica = RdsReplica.model_validate({"instances": {"eu-west-1": "Orders-W"}})
    assert replica.instances == {"eu-west-1": "orders-w"}


def test_fatal_findings_are_located_and_warnings_let_pass(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL.replace("standby: [eu-west-1]", "standby: [eu-central-1]"))
    with pytest.raises(TopologyError) as caught:
        load_checked(path)
    assert caught.value.lines == (
        f"{path}:10: applications.shop.standby[0]: eu-central-1 is the primary; a standby is another region",
    )
    assert load_checked(written(tmp_path, MINIMAL)).applications.keys() == {"shop"}
    assert check_file(path).warnings


def test_a_quorum_that_cannot_be_reached_any_more_refuses_the_file_and_never_the_start(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL.replace("{usergroup: S0DRAPPROVERS}", "{users: [U0ADA]}"))
    assert [finding.path for finding in check_file(path).fatal] == ["approval.forced.required"]
    assert load_checked(path).approval.approvers.users == ("U0ADA",)


def test_the_schema_accepts_the_samples_and_refuses_an_unknown_key() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for path in sorted(TOPOLOGIES.glob("*.yaml")):
        value = compose_document(path.read_text()).value
        assert isinstance(value, dict)
        assert list(validator.iter_errors(value)) == []
        assert list(validator.iter_errors({**value, "unknown": 1}))

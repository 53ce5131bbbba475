"""The rules of ParameterStore, on the fake and on SSM."""

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.aws.sending import guarded
from dr_core.errors import RejectedError, UnreachableError
from dr_core.parameters.memory import MemoryParameters
from dr_core.parameters.port import ParameterStore
from dr_core.parameters.ssm import SsmParameters

SOURCE, TARGET = "eu-central-1", "eu-west-1"
PATHS = ("/contract/config/", "/contract/flags")
SEEDS = {"/contract/config/a": "1", "/contract/config/deep/b": "2", "/contract/flags": "on", "/elsewhere/c": "3"}


@pytest.fixture
def store(stage) -> ParameterStore:
    if stage.world is None:
        fake = MemoryParameters({SOURCE: SEEDS, TARGET: {"/contract/config/a": "old", "/contract/config/extra": "x"}})
        stage.take_down = fake.down.add
        return fake
    put(stage, SOURCE, SEEDS)
    put(stage, TARGET, {"/contract/config/a": "old", "/contract/config/extra": "x"})
    return SsmParameters(acting_clients(stage.aws, None))


def put(stage, region: str, values: dict[str, str], kind: str = "String") -> None:
    client = stage.aws.client("ssm", region)
    for name, value in values.items():
        client.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)


def test_paths_cover_what_is_under_them_and_a_parameter_of_that_very_name(store):
    assert set(store.fingerprints(PATHS, SOURCE)) == {
        "/contract/config/a",
        "/contract/config/deep/b",
        "/contract/flags",
    }


def test_a_fingerprint_is_no_value(store):
    prints = store.fingerprints(PATHS, SOURCE)
    assert all(len(print_) == 64 for print_ in prints.values())
    assert len(set(prints.values())) == 3


def test_different_values_have_different_fingerprints(store):
    name = "/contract/config/a"
    assert store.fingerprints(PATHS, SOURCE)[name] != store.fingerprints(PATHS, TARGET)[name]


def test_a_copy_makes_fingerprints_equal_and_leaves_the_rest(store):
    store.copy(["/contract/config/a", "/contract/flags"], SOURCE, TARGET)
    source, target = store.fingerprints(PATHS, SOURCE), store.fingerprints(PATHS, TARGET)
    assert target["/contract/config/a"] == source["/contract/config/a"]
    assert target["/contract/flags"] == source["/contract/flags"]
    assert "/contract/config/extra" in target
    assert "/contract/config/deep/b" not in target


def test_copying_what_the_source_lacks_is_refused_by_name(store):
    with pytest.raises(RejectedError, match="/contract/none"):
        store.copy(["/contract/none"], SOURCE, TARGET)


def test_a_path_without_parameters_is_empty(store):
    assert store.fingerprints(("/nothing/here/",), SOURCE) == {}


def test_a_region_that_is_down_cannot_be_asked(stage, store):
    stage.take_down(SOURCE)
    with pytest.raises(UnreachableError):
        store.fingerprints(PATHS, SOURCE)


def test_many_parameters_are_read_page_by_page(stage, store):
    if stage.world is None:
        pytest.skip("the fake has no pages")
    put(stage, SOURCE, {f"/contract/config/many/{number}": str(number) for number in range(23)})
    names = [f"/contract/config/many/{number}" for number in range(23)]
    assert set(names) <= set(store.fingerprints(PATHS, SOURCE))
    store.copy(names, SOURCE, TARGET)
    assert set(names) <= set(store.fingerprints(PATHS, TARGET))


def test_a_secure_string_is_compared_by_its_value_and_stays_secure(stage, store):
    if stage.world is None:
        pytest.skip("the fake has no keys")
    put(stage, SOURCE, {"/contract/config/secret": "hush"}, "SecureString")
    store.copy(["/contract/config/secret"], SOURCE, TARGET)
    name = "/contract/config/secret"
    assert store.fingerprints(PATHS, SOURCE)[name] == store.fingerprints(PATHS, TARGET)[name]
    stored = stage.aws.client("ssm", TARGET).get_parameter(Name=name)["Parameter"]
    assert stored["Type"] == "SecureString"
    assert stored["Value"] != "hush"


def test_a_name_that_appears_meanwhile_is_not_overwritten(stage, store):
    if stage.world is None:
        pytest.skip("the fake copies at once")
    asked = 0

    def appears_before_the_put() -> None:
        nonlocal asked
        asked += 1
        if asked == 4:  # values, settings and the target's own were read
            with guarded(lambda: None):
                put(stage, TARGET, {"/contract/flags": "by somebody else"})

    with guarded(appears_before_the_put), pytest.raises(UnreachableError, match="looked at again"):
        store.copy(["/contract/flags"], SOURCE, TARGET)
    prints = [store.fingerprints(PATHS, region)["/contract/flags"] for region in (SOURCE, TARGET)]
    assert prints[0] != prints[1]

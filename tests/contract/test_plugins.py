"""Step kinds of other packages: the example of the docs, installed beside us, and everything that can be wrong."""

import importlib
import importlib.metadata
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.faults import outcome_unknown
from dr_core.aws.session import AwsSessions
from dr_core.bootstrap import plugin_faults
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.plan import plugins
from dr_core.plan.catalogue import Progress, observed
from dr_core.plan.failover import build
from dr_core.plan.plugins import PluginError
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.ports import aws_ports
from dr_core.settings import read_settings
from dr_core.topology.load import TopologyError, check_file, load_checked
from dr_core.topology.model import Topology
from tests.ports import some_ports

HERE = Path(__file__).parents[1]
EXAMPLE = HERE / "plugins" / "example"
EU, WEST = "eu-central-1", "eu-west-1"
CLAIM = Claim("token", "run-1", 1)
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package on the path as pip would: its modules and its metadata."""
    before = set(sys.modules)

    def put(name: str, offers: dict[str, str], modules: Path | str) -> None:
        site = tmp_path / f"site-{name}"
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{key} = {value}" for key, value in offers.items()]
        (info / "entry_points.txt").write_text("\n".join(["[dr.steps]", *lines, ""]))
        if isinstance(modules, Path):
            shutil.copytree(modules, site / modules.name)
        else:
            (site / f"{name.replace('-', '_')}.py").write_text(modules)
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        plugins.load.cache_clear()

    yield put
    plugins.load.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith(("dr_step", "broken", "other")):
            del sys.modules[name]


@pytest.fixture
def example(install: Install) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    install(project["name"], project["entry-points"]["dr.steps"], EXAMPLE / "dr_step_example")


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    def write(kind: str) -> Path:
        text = (HERE / "topologies" / "shop.yaml").read_text(encoding="utf-8")
        step = f"{{name: flags, kind: {kind}, params: {{parameter: /shop/feature, value: bright}}}}"
        (tmp_path / "dr.yaml").write_text(f"{text}    custom:\n      - plugin: {step}\n", encoding="utf-8")
        return tmp_path / "dr.yaml"

    return write


def step_in(topology: Topology) -> Step:
    plan = build(topology, "shop", source=EU, target=WEST, mode=Mode.PLANNED)
    return next(step for step in plan.steps if step.kind == "custom-plugin")


def test_the_example_is_planned_carried_out_and_found_again(example, config, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    topology = load_checked(config("feature"), plugin_faults)
    step = step_in(topology)
    assert step.title == "flags: Switches a feature on, in eu-west-1"
    assert step.undo == "Put the value that was there before."
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path / "world", clock=clock, speed=1.0)
    try:
        aws = AwsSessions.for_topology(topology, world.start().aws_url)
        kind = make_catalogue(aws_ports(aws, read_settings({}), clock))["custom-plugin"]
        assert observed(kind, step, CLAIM).progress is Progress.ABSENT
        kind.act(step, CLAIM)
        assert observed(kind, step, CLAIM).progress is Progress.SATISFIED
        assert aws.client("ssm", WEST).get_parameter(Name="/shop/feature")["Parameter"]["Value"] == "bright"
    finally:
        world.stop()


def test_the_example_has_its_permissions_and_its_commands(example, config):
    step = step_in(load_checked(config("feature"), plugin_faults))
    needs = KINDS["custom-plugin"].needs
    assert needs is not None
    assert {need.action for need in needs(step, "111122223333")} == {"ssm:PutParameter", "ssm:GetParameter"}
    assert "put-parameter" in KINDS["custom-plugin"].by_hand(step).act[0]


@pytest.mark.parametrize(
    ("offers", "code", "said"),
    [
        ({}, "", "no installed package offers a step kind 'thing'"),
        (
            {"thing": "broken:KIND"},
            "raise RuntimeError('token=abcdef12345')",
            "cannot be loaded: RuntimeError: token=[secret]",
        ),
        ({"thing": "broken:MISSING"}, "", "cannot be loaded: AttributeError"),
        ({"thing": "broken:KIND"}, "KIND = 'text'", "is a str, and not a dr_core.plan.kind.Kind"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(install, config, offers, code, said):
    install("broken", offers, code)
    path = config("thing")
    with pytest.raises(TopologyError) as caught:
        load_checked(path, plugin_faults)
    assert said in str(caught.value)
    assert "applications.shop.custom[0].plugin.kind" in str(caught.value)
    assert f"{path}:{len(path.read_text().splitlines())}:" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert check_file(path, plugin_faults).fatal


def test_a_name_that_two_packages_offer_is_refused(example, install, config):
    install("other", {"feature": "other:KIND"}, "")
    with pytest.raises(TopologyError, match="several packages offer a step kind 'feature': dr-step-example, other"):
        load_checked(config("feature"), plugin_faults)


RAISING = """
import dataclasses
from dr_step_example.feature import KIND as FEATURE
class Raising:
    def __init__(self, ports): pass
    def observe(self, step): {observe}
    def act(self, step, claim): raise KeyError("password=hunter2hunter2")
KIND = dataclasses.replace(FEATURE, carry_out=Raising)
"""


@pytest.mark.parametrize("observe", ["raise ZeroDivisionError('no')", "return 'done'"])
def test_whatever_a_plugin_raises_names_it(example, install, config, observe):
    install("other", {"raising": "other:KIND"}, RAISING.format(observe=observe))
    step = step_in(load_checked(config("raising"), plugin_faults))
    ports: Any = some_ports()
    kind = make_catalogue(ports)["custom-plugin"]
    with pytest.raises(PluginError, match=r"Plug-in raising broke: (ZeroDivisionError|TypeError)"):
        observed(kind, step, CLAIM)
    with pytest.raises(PluginError, match="KeyError") as caught:
        kind.act(step, CLAIM)
    assert outcome_unknown(caught.value)
    assert "hunter2" not in str(caught.value)

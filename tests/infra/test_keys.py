"""The keys of encryption: one material in all regions of their owner, and who may use it."""

from tests.infra.synthesized import Assembly, Json, Template


def _made(each: Assembly) -> list[tuple[Template, str, Json]]:
    return [*each.of("AWS::KMS::Key"), *each.of("AWS::KMS::ReplicaKey")]


def _owner(template: Template) -> str:
    [tag] = {
        tag["Value"]
        for one in template.body["Resources"].values()
        for tag in one.get("Properties", {}).get("Tags", ())
        if tag["Key"] == "dr:application"
    }
    return str(tag)


def test_every_key_is_one_multi_region_key_with_a_copy_in_each_other_region_of_its_owner(each: Assembly) -> None:
    config = each.config
    for owner, app in config.applications.items():
        first = each.templates[f"{owner}-keys-{app.primary}"]
        assert {one["Properties"]["MultiRegion"] for one in first.of("AWS::KMS::Key").values()} == {True}
        for region in app.standby:
            copy = each.templates[f"{owner}-keys-{region}"]
            assert set(copy.of("AWS::KMS::ReplicaKey")) == set(first.of("AWS::KMS::Key"))
            assert not copy.of("AWS::KMS::Key")
    home = config.topology.control_region
    house = {template.region for template, _, _ in _made(each) if "-house-key-" in template.stack}
    assert house == set(config.regions)
    assert each.templates[f"{config.deployment.name}-house-key-{home}"].of("AWS::KMS::Key")


def test_a_copy_gets_its_origin_from_an_output_and_not_by_a_reference_between_regions(each: Assembly) -> None:
    for template, _, properties in each.of("AWS::KMS::ReplicaKey"):
        parameter = properties["PrimaryKeyArn"]["Ref"]
        origin = template.body["Metadata"]["dr:comes-from"][parameter]
        assert origin["region"] != template.region
        assert origin["output"] in each.templates[origin["stack"]].body["Outputs"]


def test_the_aliases_of_the_topology_lead_to_a_key_in_every_region(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for region in app.regions:
            template = each.templates[f"{owner}-keys-{region}"]
            named = {one["Properties"]["AliasName"] for one in template.of("AWS::KMS::Alias").values()}
            assert named == set(app.keys) or named == {f"alias/{owner}/data"}


def test_keys_are_rotated_kept_and_deleted_no_sooner_than_after_a_month(each: Assembly) -> None:
    for template, name, properties in _made(each):
        assert properties["PendingWindowInDays"] == 30
        assert template.body["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert all(properties["EnableKeyRotation"] for _, _, properties in each.of("AWS::KMS::Key"))


def test_only_the_accounts_own_statement_allows_everything(each: Assembly) -> None:
    account = each.config.deployment.account
    for _, _, properties in _made(each):
        first, *others = properties["KeyPolicy"]["Statement"]
        assert first["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
        for statement in others:
            assert statement["Effect"] == "Allow"
            assert list(statement["Principal"]) == ["Service"]
            assert "kms:*" not in statement["Action"]


def test_services_use_a_key_for_this_account_only_as_far_as_they_tell_for_whom(each: Assembly) -> None:
    """EventBridge and SNS tell no source when they carry a message: a condition would drop it in silence."""
    account = each.config.deployment.account
    for template, _, properties in _made(each):
        for statement in properties["KeyPolicy"]["Statement"][1:]:
            if statement["Sid"] == "Carriers":
                assert statement["Principal"]["Service"][:2] == ["events.amazonaws.com", "sns.amazonaws.com"]
                assert "-house-key-" in template.stack
            else:
                assert account in str(statement["Condition"])


def test_log_groups_may_be_encrypted_in_the_keys_own_region(each: Assembly) -> None:
    for template, _, properties in _made(each):
        services = [str(one["Principal"].get("Service")) for one in properties["KeyPolicy"]["Statement"]]
        assert f"logs.{template.region}.amazonaws.com" in services


def test_every_resource_says_whose_it_is(each: Assembly) -> None:
    assert {_owner(template) for template, _, _ in _made(each)} == {
        each.config.deployment.name,
        *each.config.applications,
    }


def test_the_trail_may_look_at_the_key_and_use_it_for_its_bucket(each: Assembly) -> None:
    """A bucket key is asked for with the bucket's context, not the trail's: only the trail's ARN is told there."""
    config = each.config
    for template, _, properties in _made(each):
        if "-house-key-" not in template.stack:
            continue
        [statement] = [one for one in properties["KeyPolicy"]["Statement"] if one["Sid"] == "TrailBucket"]
        assert {"kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*"} == set(statement["Action"])
        region, account = config.topology.control_region, config.deployment.account
        trail = f"arn:aws:cloudtrail:{region}:{account}:trail/{config.deployment.name}-trail"
        assert statement["Condition"] == {"StringEquals": {"aws:SourceArn": trail}}

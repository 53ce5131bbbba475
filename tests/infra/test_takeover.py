"""The bucket of a take-over object: one object can be seen by anybody, and nothing else of it."""

from tests.infra.synthesized import Assembly


def test_it_stands_in_the_standby_under_its_name(north: Assembly, edges: Assembly) -> None:
    found = {
        (template.region, properties["BucketName"])
        for assembly in (north, edges)
        for template, _, properties in assembly.of("AWS::S3::Bucket") if "-takeover-" in template.stack
    }  # fmt: skip
    assert found == {("eu-west-3", "catalog-takeover-par"), ("eu-south-1", "press-switch-mil")}


def test_route_53_sees_the_object_and_nobody_sees_more(edges: Assembly) -> None:
    template = edges.templates["press-takeover-eu-south-1"]
    statements = template.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    [key] = [str(one["Resource"]) for one in allowed]
    assert [one["Action"] for one in allowed] == ["s3:GetObject"]
    assert "/active" in key
    assert "*" not in key


def test_acls_open_nothing_and_each_switch_leaves_a_version(edges: Assembly) -> None:
    bucket = edges.templates["press-takeover-eu-south-1"].one("AWS::S3::Bucket")
    block = bucket["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicAcls"], block["IgnorePublicAcls"]) == (True, True)
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    # With a key of KMS nobody could see it without credentials.
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}

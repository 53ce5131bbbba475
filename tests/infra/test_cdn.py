"""Distributions: reads go over to the second origin by themselves, and nothing is met without TLS."""

from tests.infra.synthesized import Assembly, Json


def _press(edges: Assembly) -> Json:
    config = edges.templates["press-cdn-eu-central-1"].one("AWS::CloudFront::Distribution")["DistributionConfig"]
    return dict(config)


def _behaviours(config: Json) -> list[Json]:
    return [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", [])]


def test_each_path_has_an_origin_in_both_regions_the_primary_first(edges: Assembly) -> None:
    config = _press(edges)
    groups = {
        one["Id"]: [each["OriginId"] for each in one["Members"]["Items"]] for one in config["OriginGroups"]["Items"]
    }
    paths = {one.get("PathPattern", "*"): groups[one["TargetOriginId"]] for one in _behaviours(config)}
    objects, service = ["press-web-dub", "press-web-mil"], ["service-eu-west-1", "service-eu-south-1"]
    assert paths == {"*": service, "/blue/*": objects, "/green/*": objects}
    domains = {one["Id"]: one["DomainName"] for one in config["Origins"]}
    assert domains["service-eu-south-1"] == "mil.press.example.net"
    assert domains["press-web-dub"] == "press-web-dub.s3.eu-west-1.amazonaws.com"


def test_it_goes_over_after_every_failure_of_a_server_and_within_ten_seconds(edges: Assembly, north: Assembly) -> None:
    for _, _, properties in (*edges.of("AWS::CloudFront::Distribution"), *north.of("AWS::CloudFront::Distribution")):
        config = properties["DistributionConfig"]
        for group in config["OriginGroups"]["Items"]:
            assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [500, 502, 503, 504]
        for origin in config["Origins"]:
            assert origin["ConnectionAttempts"] * origin["ConnectionTimeout"] <= 10


def test_only_reads_come_through_and_only_with_tls(edges: Assembly) -> None:
    config = _press(edges)
    for one in _behaviours(config):
        assert one["AllowedMethods"] == ["GET", "HEAD", "OPTIONS"]
        assert one["ViewerProtocolPolicy"] == "redirect-to-https"
        assert one["ResponseHeadersPolicyId"]
    for origin in config["Origins"]:
        if "CustomOriginConfig" in origin:
            assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
            assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_buckets_are_read_by_the_distribution_alone(edges: Assembly) -> None:
    template = edges.templates["press-cdn-eu-central-1"]
    controls = template.of("AWS::CloudFront::OriginAccessControl")
    assert len(controls) == 2
    for one in controls.values():
        assert one["Properties"]["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    for origin in _press(edges)["Origins"]:
        if "S3OriginConfig" in origin:
            assert origin["OriginAccessControlId"]["Fn::GetAtt"][0] in controls


def test_its_certificate_comes_from_where_cloudfront_looks_for_it(edges: Assembly) -> None:
    certificate = _press(edges)["ViewerCertificate"]
    assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021"
    template = edges.templates["press-cdn-eu-central-1"]
    assert template.body["Metadata"]["dr:comes-from"]["CertificateArn"] == {
        "stack": "press-certificate-us-east-1", "region": "us-east-1", "output": "CertificateArn",
    }  # fmt: skip
    made = edges.templates["press-certificate-us-east-1"]
    assert made.one("AWS::CertificateManager::Certificate")["DomainName"] == "cdn.press.example.net"
    assert set(made.body["Resources"]) == {"Certificate"}


def test_its_own_name_leads_to_it(edges: Assembly) -> None:
    records = [
        one["Properties"] for one in edges.templates["press-cdn-eu-central-1"].of("AWS::Route53::RecordSet").values()
    ]
    assert sorted((one["Name"], one["Type"], one["HostedZoneId"]) for one in records) == [
        ("cdn.press.example.net", "A", "Z8PRESS"), ("cdn.press.example.net", "AAAA", "Z8PRESS"),
    ]  # fmt: skip


def test_its_id_is_written_and_its_logs_stay_in_the_eu(north: Assembly) -> None:
    template = north.templates["catalog-cdn-eu-west-3"]
    assert set(template.body["Metadata"]["dr:writes"]) == {"applications.catalog.traffic.1.cloudfront.distribution"}
    assert template.one("AWS::CloudFront::Distribution")["DistributionConfig"]["Logging"]["Bucket"]
    [rule] = template.one("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90

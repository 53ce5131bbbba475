"""Alarms: under the names that the bot hears, each with its page, told where the bot listens."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from infra.house import our_queue
from infra.playbooks import Page
from tests.infra.snapshot import CONFIGURATIONS
from tests.infra.synthesized import ROOT, Assembly, Json, Template, synthesized

KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def alarms(assembly: Assembly) -> Iterator[tuple[Template, Json]]:
    for kind in KINDS:
        for template, _, body in assembly.of(kind):
            yield template, body


def test_every_alarm_leads_to_its_page(each: Assembly) -> None:
    for _, alarm in alarms(each):
        [path] = re.findall(r"docs/playbooks/[a-z-]+\.md", alarm["AlarmDescription"])
        assert (ROOT / path).is_file(), alarm["AlarmName"]


def test_every_page_is_of_an_alarm_that_is_made_and_stands_in_the_list(shared: Path) -> None:
    said = "".join(
        json.dumps(template.body)
        for path in CONFIGURATIONS
        for template in synthesized(path, shared).templates.values()
    )
    pages = {path.stem for path in (ROOT / "docs" / "playbooks").glob("*.md")} - {"README"}
    assert pages == {str(page) for page in Page}
    assert not [page for page in Page if page.path not in said]
    listed = (ROOT / "docs" / "playbooks" / "README.md").read_text(encoding="utf-8")
    assert not [page for page in Page if f"({page}.md)" not in listed]


def test_the_region_s_alarm_has_the_name_that_the_bot_hears(each: Assembly) -> None:
    for name, app in each.config.applications.items():
        for region in app.regions:
            named = [check.alarm[region] for check in app.health if check.alarm and region in check.alarm]
            template = each.templates[f"{name}-alarms-{region}"]
            made = [body["Properties"] for body in template.of("AWS::CloudWatch::CompositeAlarm").values()]
            for one in made:
                assert one["AlarmName"] == (named[0] if named else f"{name}-{region}-unwell")
                assert one["AlarmActions"]
                assert one["OKActions"] == one["AlarmActions"]
            assert made or "dr:left-to-people" in template.body["Metadata"]


def test_requests_that_reach_no_target_count_as_failed_where_one_is_wanted(each: Assembly) -> None:
    """They are in HTTPCode_ELB_5XX_Count and not in RequestCount; where nothing answers, a few of them are enough."""
    failing = [one for _, one in alarms(each) if Page.ERRORS.path in one["AlarmDescription"]]
    waiting = 0
    for alarm in failing:
        waits = "DesiredTaskCount" in json.dumps(alarm)
        assert _percent(alarm) == 0, "nobody asked"
        assert _percent(alarm, HTTPCode_ELB_5XX_Count=1, RequestCount=1, HealthyHostCount=1, DesiredTaskCount=1) == 0
        assert _percent(alarm, HTTPCode_ELB_5XX_Count=9, RequestCount=30, HealthyHostCount=1, DesiredTaskCount=1) > 5
        assert _percent(alarm, HTTPCode_ELB_5XX_Count=3, DesiredTaskCount=2) > 90, "three asked, and nothing was there"
        # Health checkers ask a standby that waits, too.
        assert (_percent(alarm, HTTPCode_ELB_5XX_Count=30, DesiredTaskCount=0) > 90) != waits
        waiting += waits
    assert waiting < len(failing)


def _percent(alarm: Json, **figures: float) -> float:
    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    named = {one["Id"]: one["MetricStat"]["Metric"]["MetricName"] for one in alarm["Metrics"] if "MetricStat" in one}
    return _computed(expression, {one: figures.get(name, math.nan) for one, name in named.items()})


def _computed(expression: str, figures: dict[str, float]) -> float:
    """By CloudWatch's rules, as far as our expression uses them; a figure that is not there is `nan`."""
    names = {"IF": lambda met, yes, no: yes if met else no, "FILL": lambda at, by: by if math.isnan(at) else at}
    return float(eval(expression.replace(" OR ", " or "), {"__builtins__": {}}, {**names, **figures}))


def test_both_ends_of_every_alarm_are_told(each: Assembly) -> None:
    """A state that ended and was not told would count for `fresh_for`."""
    for _, alarm in alarms(each):
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert len(alarm["AlarmActions"]) == 1


def test_names_are_told_apart_in_each_region(each: Assembly) -> None:
    seen = [(template.region, alarm["AlarmName"]) for template, alarm in alarms(each)]
    assert len(seen) == len(set(seen))


def test_an_aurora_copy_is_watched_in_both_forms_of_its_figure(example: Assembly) -> None:
    template = example.templates["shop-alarms-eu-west-1"]
    [lag] = [
        one["Properties"]
        for one in template.of(KINDS[0]).values()
        if one["Properties"]["AlarmName"].endswith("database-lag")
    ]
    stats = [one["MetricStat"]["Metric"] for one in lag["Metrics"] if "MetricStat" in one]
    assert {one["MetricName"] for one in stats} == {"AuroraGlobalDBRPOLag"}
    assert sorted(len(one["Dimensions"]) for one in stats) == [1, 2]
    assert lag["Threshold"] == 60_000
    assert lag["TreatMissingData"] == "notBreaching"


def test_every_copying_rule_is_watched_for_delay_and_failure(example: Assembly) -> None:
    for region in example.config.regions:
        rules = [
            rule["Id"]
            for body in example.templates[f"shop-storage-{region}"].of("AWS::S3::Bucket").values()
            for rule in body["Properties"]["ReplicationConfiguration"]["Fn::If"][1]["Rules"]
        ]
        names = [alarm["AlarmName"] for template, alarm in alarms(example) if template.stack == f"shop-alarms-{region}"]
        for rule in rules:
            assert sum(f"-{rule}-" in name for name in names) == 2
        assert rules


def test_topics_and_queue_take_what_the_account_s_services_say_and_nothing_else(each: Assembly) -> None:
    queue = our_queue(each.config)
    for template, _, topic in each.of("AWS::SNS::Topic"):
        assert "KmsMasterKeyId" in topic or template.region not in each.config.regions
    for _, _, policy in each.of("AWS::SNS::TopicPolicy"):
        allowed, *bridge = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
        assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": each.config.deployment.account}
        assert "events.amazonaws.com" not in str(allowed)
        for one in bridge:  # a condition would refuse what EventBridge brings
            assert one["Principal"] == {"Service": "events.amazonaws.com"}
            assert "Condition" not in one
    signals = [one for name, one in each.templates.items() if "-signals-" in name]
    assert all("events.amazonaws.com" in str(one.of("AWS::SNS::TopicPolicy")) for one in signals)
    if queue is None:
        assert not list(each.of("AWS::SQS::Queue"))
        return
    found = {body["QueueName"]: body for _, _, body in each.of("AWS::SQS::Queue")}
    assert set(found) == {queue.name, f"{queue.name}-aside"}
    assert all("KmsMasterKeyId" in body for body in found.values())
    assert found[queue.name]["RedrivePolicy"]["maxReceiveCount"] == 5
    senders = [
        one for _, _, policy in each.of("AWS::SQS::QueuePolicy") for one in policy["PolicyDocument"]["Statement"]
        if one["Effect"] == "Allow"
    ]  # fmt: skip
    assert [one["Condition"]["ArnEquals"]["aws:SourceArn"] for one in senders] in ([[*queue.topics]], [queue.topics[0]])


def test_every_topic_that_the_file_names_leads_to_the_queue_and_every_other_is_told(example: Assembly) -> None:
    queue = our_queue(example.config)
    assert queue is not None
    for region in example.config.regions:
        template = example.templates[f"dr-signals-{region}"]
        protocols = [one["Properties"]["Protocol"] for one in template.of("AWS::SNS::Subscription").values()]
        named = any(f":sns:{region}:" in arn for arn in queue.topics)
        assert ("sqs" in protocols) == named
        assert "email" in protocols
        assert ("detection.queue.topics" in template.body["Metadata"].get("dr:left-to-people", {})) != named


def test_whoever_takes_the_widest_role_is_told_in_every_region(each: Assembly) -> None:
    for region in each.config.regions:
        template = each.templates[f"{each.config.deployment.name}-house-alarms-{region}"]
        [rule] = [one["Properties"] for one in template.of("AWS::Events::Rule").values()]
        pattern = rule["EventPattern"]["detail"]
        assert pattern["eventName"] == ["AssumeRole"]
        assert pattern["requestParameters"]["roleArn"] == [
            f"arn:aws:iam::{each.config.deployment.account}:role/{each.config.deployment.name}-break-glass"
        ]


def test_every_application_has_a_dashboard_of_all_of_its_regions(each: Assembly) -> None:
    for name, app in each.config.applications.items():
        template = each.templates[f"{name}-dashboard-{each.config.topology.control_region}"]
        body = json.dumps(template.one("AWS::CloudWatch::Dashboard"))
        for region in app.regions:
            assert f"Alarms, {region}" in body
            assert f":cloudwatch:{region}:" in body

"""Messages as AWS writes them into a queue, for tests."""

import json
from datetime import datetime
from typing import Any

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
ACCOUNT, STRANGER = "111122223333", "999988887777"


def notification(message: object, topic: str = TOPIC) -> str:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html"""
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "63a3f6b6-d533-4a47-aef9-fcf5cf758c76",
            "TopicArn": topic,
            "Subject": "Testing",
            "Message": text,
            "Timestamp": "2026-01-05T09:00:00.000Z",
            "SignatureVersion": "1",
        }
    )


def arn_of(name: str, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"


def alarm(at: datetime, name: str = "shop-down", state: str = "ALARM", **more: Any) -> dict[str, Any]:
    """What CloudWatch publishes to a topic."""
    account = more.pop("account", ACCOUNT)
    return {
        "AlarmName": name,
        "AlarmDescription": None,
        "AWSAccountId": account,
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 1 datapoint (10.0) was greater than the threshold (1.0).",
        "StateChangeTime": f"{at:%Y-%m-%dT%H:%M:%S}.236+0000",
        "Region": "EU (Ireland)",
        "AlarmArn": arn_of(name, more.pop("region", "eu-west-1"), account),
        "OldStateValue": "OK",
        **more,
    }


def alarm_event(at: datetime, name: str = "shop-down", state: str = "ALARM", account: str = ACCOUNT) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "eu-west-1",
        "resources": [arn_of(name, account=account)],
        "detail": {
            "alarmName": name,
            "configuration": {"description": "down"},
            "previousState": {"value": "OK", "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"},
            "state": {"value": state, "reason": "crossed", "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"},
        },
    }


def health_event(at: datetime, region: str = "eu-central-1", status: str = "open", **detail: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html"""
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "account": ACCOUNT,
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "eu-west-1",
        "resources": [],
        "detail": {
            "eventArn": f"arn:aws:health:{region}::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/1",
            "service": "RDS",
            "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE",
            "eventTypeCategory": "issue",
            "eventScopeCode": "PUBLIC",
            "startTime": "Mon, 5 Jan 2026 08:55:00 GMT",
            "statusCode": status,
            "eventRegion": region,
            **detail,
        },
    }

"""The queue in SQS, by long polls, and the topics of SNS in front of it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.detection.port import Arrived
from dr_core.topology.detection import SignalQueue

MOST = 10


class SqsQueue:
    """`client_of` must wait longer for an answer than a poll lasts."""

    def __init__(self, client_of: ClientOf, queue: SignalQueue) -> None:
        self._client_of = client_of
        self._queue = queue

    def receive(self, wait_s: int) -> tuple[Arrived, ...]:
        region, url = self._queue.region, self._queue.url
        with aws_errors("sqs", region, "ReceiveMessage"):
            client = self._client_of("sqs", region)
            answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=MOST, WaitTimeSeconds=wait_s)
        return tuple(Arrived(one["MessageId"], one["ReceiptHandle"], one["Body"]) for one in answer.get("Messages", ()))

    def delete(self, arrived: tuple[Arrived, ...]) -> None:
        region, url = self._queue.region, self._queue.url
        for start in range(0, len(arrived), MOST):
            part = arrived[start : start + MOST]
            entries = [{"Id": str(place), "ReceiptHandle": one.receipt} for place, one in enumerate(part)]
            with aws_errors("sqs", region, "DeleteMessageBatch"):
                self._client_of("sqs", region).delete_message_batch(QueueUrl=url, Entries=entries)


class SnsTopics:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

    def __init__(self, client_of: ClientOf) -> None:
        self._client_of = client_of

    def publish(self, topic_arn: str, text: str) -> None:
        region = topic_arn.split(":")[3]
        with aws_errors("sns", region, "Publish"):
            self._client_of("sns", region).publish(TopicArn=topic_arn, Message=text)

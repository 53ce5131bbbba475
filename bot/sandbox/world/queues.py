"""SQS where moto would hold the world still: a long poll is answered at once, since the whole world waits for a call.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

from typing import Any, ClassVar

from moto.sqs.models import sqs_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground


class Queues:
    PAGES: ClassVar[dict[str, str]] = {
        "sqs": "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account

    def operations(self) -> Operations:
        return {("sqs", "ReceiveMessage"): self.receive}

    def receive(self, call: Call) -> Parameters:
        """What is visible now, up to ten; it waits for nothing, however long it is asked to."""
        backend, name = sqs_backends[self._account][call.region], call.text("QueueUrl").rpartition("/")[2]
        if name not in backend.queues:
            raise AwsError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        most = int(call.parameters.get("MaxNumberOfMessages") or 1)
        hidden = call.parameters.get("VisibilityTimeout")
        queue: Any = backend.queues[name]
        timeout = int(queue.visibility_timeout if hidden is None else hidden)
        found = backend.receive_message(name, most, 0, timeout)
        messages = [
            {"MessageId": one.id, "ReceiptHandle": one.receipt_handle, "MD5OfBody": one.body_md5, "Body": one.body}
            for one in found
        ]
        return {"Messages": messages} if messages else {}

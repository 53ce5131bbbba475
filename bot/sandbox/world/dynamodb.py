"""DynamoDB global tables: replicas in each region, items that arrive in the others after a while, and its latency.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_monitoring.html

A region lists the other replicas only; AWS's documentation does not say whether a replica lists itself.
The last writer wins, by the time of the write. Applications are taken to write all the time, so that there is a latency
to publish, unless the table is `idle`; while nothing arrives there is none, for it is measured on what arrives.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

CREATING_S = 60.0
QUIET_LAG_S = 0.9
VERSION = "2019.11.21"
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
Item = tuple[str, dict[str, Any]]  # table, key


@dataclass
class Sent:
    """One written item on its way to another region. `key` is what AWS calls Key: attributes by name."""

    table: str
    key: dict[str, Any]
    source: str
    target: str
    at: datetime


@dataclass
class GlobalTable:
    """One table in several regions; `statuses` by region."""

    name: str
    statuses: dict[str, str] = field(default_factory=dict)
    idle: bool = False
    written: dict[tuple[str, str], datetime] = field(default_factory=dict)


class DynamoDb:
    """Tables and items are moto's; this joins them and follows every write."""

    PAGES: ClassVar[dict[str, str]] = {
        "dynamodb": "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self.tables: dict[str, GlobalTable] = {}
        self.waiting: list[Sent] = []
        ground.faults.subscribe(self._resume)

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "DescribeTable": self.describe,
            "UpdateTable": self.update,
            "DeleteTable": self.delete,
        }
        table |= dict.fromkeys(_WRITES, self.written)
        return {("dynamodb", name): handler for name, handler in table.items()}

    # -- the world's view --------------------------------------------------------------------------------------------

    def join(self, name: str, regions: tuple[str, ...]) -> None:
        """Tables that exist in these regions become one global table."""
        self.tables.setdefault(name, GlobalTable(name)).statuses.update(dict.fromkeys(regions, "ACTIVE"))

    def latency(self, table: GlobalTable, source: str, target: str) -> float | None:
        """Seconds that an item takes; None while none arrives."""
        if table.idle or not self._flows(table, source, target):
            return None
        fault = self._faults.lasting(FaultKind.REPLICATION_LAG, (source, target), "dynamodb")
        if fault is not None and fault.value is not None:
            return fault.value
        return QUIET_LAG_S + (int(self._timeline.monotonic) * 53 % 400) / 1000

    # -- tables ------------------------------------------------------------------------------------------------------

    def describe(self, call: Call) -> Reply:
        """With the other replicas and their status."""
        reply = call.forward()
        table = self.tables.get(call.text("TableName"))
        if not reply.ok or table is None or call.region not in table.statuses:
            return reply
        body = json.loads(reply.body)
        others = [region for region in table.statuses if region != call.region]
        if others:
            body["Table"]["GlobalTableVersion"] = VERSION
            body["Table"]["Replicas"] = [
                {"RegionName": region, "ReplicaStatus": table.statuses[region]} for region in others
            ]
        return Reply(reply.status, reply.headers, json.dumps(body).encode())

    def update(self, call: Call) -> Reply:
        """`ReplicaUpdates` makes or removes a replica; one change a call, as the service wants it."""
        changes = call.parameters.get("ReplicaUpdates") or []
        if not changes:
            return call.forward()
        if len(changes) > 1:
            raise AwsError("ValidationException", "Only one replica can be changed in one call.")
        name = call.text("TableName")
        if name not in self._backend(call.region).tables:
            raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        table = self.tables.setdefault(name, GlobalTable(name, {call.region: "ACTIVE"}))
        ((kind, asked),) = ((kind, asked) for kind, asked in changes[0].items() if asked)
        region = str(asked["RegionName"])
        if kind == "Create":
            self._create(call.region, table, region)
        elif kind == "Delete":
            table.statuses.pop(region, None)
            self._backend(region).tables.pop(name, None)
        described = {"TableDescription": self._backend(call.region).get_table(name).describe()["TableDescription"]}
        body = json.dumps(described, default=str).encode()
        return Reply(200, (("Content-Type", "application/x-amz-json-1.0"),), body)

    def delete(self, call: Call) -> Reply:
        """Deleting a replica leaves the others as they are."""
        reply = call.forward()
        table = self.tables.get(call.text("TableName"))
        if reply.ok and table is not None:
            table.statuses.pop(call.region, None)
        return reply

    def _create(self, source: str, table: GlobalTable, region: str) -> None:
        if region in table.statuses:
            raise AwsError("ValidationException", f"Replica already exists in {region}.")
        origin = self._backend(source).get_table(table.name)
        described = origin.describe()["TableDescription"]
        self._backend(region).create_table(
            table.name,
            schema=described["KeySchema"],
            attr=described["AttributeDefinitions"],
            throughput=None,
            global_indexes=[],
            indexes=[],
            streams={},
            billing_mode="PAY_PER_REQUEST",
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )
        table.statuses[region] = "CREATING"
        self._timeline.after(CREATING_S, lambda: self._created(source, table, region))

    def _created(self, source: str, table: GlobalTable, region: str) -> None:
        if table.statuses.get(region) != "CREATING":
            return
        table.statuses[region] = "ACTIVE"
        for item in self._backend(source).get_table(table.name).all_items():
            self._backend(region).put_item(table.name, item.to_json()["Attributes"], overwrite=True)

    # -- items -------------------------------------------------------------------------------------------------------

    def written(self, call: Call) -> Reply:
        """moto's, and each item goes to the other replicas; the last writer wins."""
        reply = call.forward()
        if reply.ok:
            for name, key in self._items(call):
                table = self.tables.get(name)
                if table is not None and call.region in table.statuses:
                    self._send(table, key, call.region)
        return reply

    def _items(self, call: Call) -> Iterator[Item]:
        asked = call.parameters
        if call.operation in ("PutItem", "UpdateItem", "DeleteItem"):
            yield self._item(call.region, asked)
        elif call.operation == "BatchWriteItem":
            for name, requests in (asked.get("RequestItems") or {}).items():
                for request in requests:
                    inner = request.get("PutRequest") or request.get("DeleteRequest")
                    yield self._item(call.region, {"TableName": name, **inner})
        else:
            for action in asked.get("TransactItems") or []:
                for kind in ("Put", "Update", "Delete"):
                    if action.get(kind):
                        yield self._item(call.region, action[kind])

    def _item(self, region: str, asked: Parameters) -> Item:
        name = str(asked["TableName"])
        if "Key" in asked:
            return name, asked["Key"]
        names = [entry["AttributeName"] for entry in self._backend(region).get_table(name).schema]
        return name, {attribute: asked["Item"][attribute] for attribute in names}

    def _send(self, table: GlobalTable, key: dict[str, Any], source: str) -> None:
        now = self._timeline.now
        table.written[source, _text(key)] = now
        for target in table.statuses:
            if target == source:
                continue
            sent = Sent(table.name, key, source, target, now)
            self.waiting.append(sent)
            self._schedule(table, sent)

    def _schedule(self, table: GlobalTable, sent: Sent) -> None:
        latency = self.latency(table, sent.source, sent.target)
        fault = self._faults.lasting(FaultKind.REPLICATION_LAG, (sent.source, sent.target), "dynamodb")
        self._timeline.after(latency or QUIET_LAG_S, partial(self._arrive, sent), scaled=fault is None)

    def _arrive(self, sent: Sent) -> None:
        table = self.tables.get(sent.table)
        if sent not in self.waiting or table is None:
            return
        if not self._flows(table, sent.source, sent.target):
            return  # it stays in `waiting` until the ways are free again
        self.waiting.remove(sent)
        newer = table.written.get((sent.target, _text(sent.key)))
        if newer is not None and newer > sent.at:
            return
        item = self._backend(sent.source).get_item(sent.table, sent.key)
        if item is None:
            self._backend(sent.target).delete_item(sent.table, sent.key)
        else:
            self._backend(sent.target).put_item(sent.table, item.to_json()["Attributes"], overwrite=True)

    def _resume(self) -> None:
        for sent in self.waiting:
            table = self.tables.get(sent.table)
            if table is not None and self._flows(table, sent.source, sent.target):
                self._schedule(table, sent)

    def _flows(self, table: GlobalTable, source: str, target: str) -> bool:
        if self._faults.lasting(FaultKind.REPLICATION_STOPS, (source, target), "dynamodb") is not None:
            return False
        return all(self._faults.up(region) and table.statuses.get(region) == "ACTIVE" for region in (source, target))

    def _backend(self, region: str) -> DynamoDBBackend:
        backend: DynamoDBBackend = dynamodb_backends[self._account][region]
        return backend


def _text(key: dict[str, Any]) -> str:
    return json.dumps(key, sort_keys=True, default=str)

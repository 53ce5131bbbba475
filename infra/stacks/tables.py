"""DynamoDB global tables: made in the home region, with a replica in each region, that one included.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html: one stack makes all replicas, since
CloudFormation knows a global table as a single thing.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb

from dr_core.topology.deployment import TableKey
from dr_core.topology.model import Application
from infra.place import Level, Part, Place
from infra.sharing import made_by
from infra.stacks.keys import Keys


class Tables(Part):
    """The application's global tables"""

    concern = "tables"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.is_home and bool(_tables(place))

    def build(self) -> None:
        place = self.place
        for region in place.copies:
            self.add_stack_dependency(place.elsewhere(Keys, region))
        keys = place.config.built(place.owner).tables
        for index, name in _tables(place):
            self._table(index + 1, name, keys.get(name, TableKey()))

    def _table(self, number: int, name: str, key: TableKey) -> None:
        attributes = [(key.partition, "HASH"), *([(key.sort, "RANGE")] if key.sort else [])]
        table = dynamodb.CfnGlobalTable(
            self, f"Table{number}", table_name=name, billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[{"attributeName": one, "attributeType": "S"} for one, _ in attributes],
            key_schema=[{"attributeName": one, "keyType": kind} for one, kind in attributes],
            stream_specification={"streamViewType": "NEW_AND_OLD_IMAGES"},
            sse_specification={"sseEnabled": True, "sseType": "KMS"},
            replicas=[self._replica(region) for region in (self.place.home, *sorted(self.place.copies))],
        )  # fmt: skip
        table.apply_removal_policy(cdk.RemovalPolicy.RETAIN)

    def _replica(self, region: str) -> dynamodb.CfnGlobalTable.ReplicaSpecificationProperty:
        return dynamodb.CfnGlobalTable.ReplicaSpecificationProperty(
            region=region, deletion_protection_enabled=True,
            point_in_time_recovery_specification={"pointInTimeRecoveryEnabled": True},
            sse_specification={"kmsMasterKeyId": self.place.stack(Keys).arn_in(region)},
        )  # fmt: skip


def _tables(place: Place) -> list[tuple[int, str]]:
    return made_by(place.config, place.owner, _named)


def _named(_: str, app: Application) -> list[str]:
    return [one.dynamodb_global.table for one in app.tables if one.dynamodb_global]

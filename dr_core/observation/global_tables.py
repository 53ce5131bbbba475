"""The look at DynamoDB global tables: each region's view of the table and its replicas, and how long items take."""

from dr_core.health.tables import judge_table
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal
from dr_core.observation.places import Copies, Places
from dr_core.observation.scope import Scope
from dr_core.replication.copy_readings import table_reading


class TableLook:
    def __init__(self, scope: Scope) -> None:
        named = [entry.dynamodb_global for entry in scope.application.tables if entry.dynamodb_global]
        self._gates = {entry.table: entry.gate for entry in named}
        tables = scope.readers.copies.tables
        self._places = Places(self._gates, scope, "DynamoDB", tables.view)
        self._lags = Copies(self._places, scope, "the replication of table", tables.lag)

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._places.questions, *self._lags.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        return self._places.signals(answers, "table", "DynamoDB DescribeTable", judge_table)

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [
            table_reading(where, *self._places.both(answers, where), self._lags.told(answers, where))
            for where in self._places.towards(answers, "dynamodb_global", source, self._gates)
        ]

"""The look at DynamoDB global tables: each region's view of the table and its replicas, and how long items take."""

from dr_core.health.failure import failure_signal
from dr_core.health.tables import table_signal
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal, Vantage
from dr_core.observation.places import Copies, Places
from dr_core.observation.scope import Scope
from dr_core.replication.copy_readings import Towards, table_reading


class TableLook:
    def __init__(self, scope: Scope) -> None:
        self._threshold_s = scope.threshold_s
        named = [entry.dynamodb_global for entry in scope.application.tables if entry.dynamodb_global]
        self._gates = {entry.table: entry.gate for entry in named}
        tables = scope.readers.copies.tables
        self._places = Places(self._gates, scope, "DynamoDB", tables.view)
        self._lags = Copies(self._places, scope, "the replication of table", tables.lag)

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._places.questions, *self._lags.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        found = []
        for name, region in self._places:
            answer = self._places.answer(answers, name, region)
            found.append(
                table_signal(region, name, answer.get(), answer.at, answer.took_ms)
                if answer.error is None
                else failure_signal(
                    answer.error,
                    region=region,
                    component="table",
                    name=name,
                    vantage=Vantage.CONTROL_PLANE,
                    at=answer.at,
                    source=f"DynamoDB DescribeTable, {region}",
                )
            )
        return found

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [
            table_reading(
                Towards(
                    "dynamodb_global",
                    name,
                    region,
                    source,
                    self._threshold_s,
                    self._places.answer(answers, name, region).at,
                    self._gates[name],
                ),
                self._places.told(answers, name, source),
                self._places.told(answers, name, region),
                self._lags.told(answers, name, source, region),
            )
            for name, region in self._places
            if region != source
        ]

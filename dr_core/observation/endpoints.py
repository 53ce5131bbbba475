"""The look at an application's endpoints: our own probes, and Route 53's checkers."""

from collections.abc import Callable
from datetime import datetime

from dr_core.errors import DrError
from dr_core.health.http import ProbeAnswer, http_signal
from dr_core.health.route53 import SOURCE, CheckerReport, route53_signal
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.observation.scope import Scope


class EndpointLook:
    """All URLs are one question, because one sweep asks them at once; each health check is one of its own."""

    def __init__(self, scope: Scope) -> None:
        entries = scope.application.health
        self._urls = [(region, str(url)) for entry in entries for region, url in (entry.http or {}).items()]
        self._sweep = Question("probes", "the health endpoints", self._asking(scope))
        self._checks = [
            (region, check, Question("route53", f"health check {check}", _status(scope, check)))
            for entry in entries
            for region, check in (entry.route53 or {}).items()
        ]

    @property
    def questions(self) -> list[Question[object]]:
        checks: list[Question[object]] = [question for _, _, question in self._checks]
        return ([self._sweep] if self._urls else []) + checks

    def signals(self, answers: Answers) -> list[Signal]:
        return self._probed(answers) + [self._checked(answers, *entry) for entry in self._checks]

    def _asking(self, scope: Scope) -> Callable[[], tuple[ProbeAnswer, ...]]:
        urls = [url for _, url in self._urls]
        return lambda: scope.endpoints.sweep(urls)

    def _probed(self, answers: Answers) -> list[Signal]:
        if not self._urls:
            return []
        answer = answers.of(self._sweep)
        if answer.error is not None:
            return [
                _unknown(answer.error, region, "http", url, Vantage.PROBE, answer.at, f"GET {url}")
                for region, url in self._urls
            ]
        return [
            http_signal(region, probed, answer.at) for (region, _), probed in zip(self._urls, answer.get(), strict=True)
        ]

    def _checked(
        self, answers: Answers, region: str, check: str, question: Question[tuple[CheckerReport, ...]]
    ) -> Signal:
        answer = answers.of(question)
        if answer.error is None:
            return route53_signal(region, check, answer.get(), answer.at)
        return _unknown(answer.error, region, "health-check", check, Vantage.ROUTE53, answer.at, SOURCE)


def _unknown(
    error: DrError, region: str, component: str, name: str, vantage: Vantage, at: datetime, source: str
) -> Signal:
    """Our own prober or Route 53 not answering says nothing about the region that is looked at."""
    return Signal(
        region=region,
        component=component,
        name=name,
        vantage=vantage,
        state=SignalState.UNKNOWN,
        detail=error.message,
        observed_at=at,
        source=source,
    )


def _status(scope: Scope, check: str) -> Callable[[], tuple[CheckerReport, ...]]:
    return lambda: scope.readers.health_checks.status(check)

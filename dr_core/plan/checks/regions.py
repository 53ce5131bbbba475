"""Whether the regions are in the state that the mode presumes."""

from collections.abc import Iterator, Mapping

from dr_core.observation.active import serving
from dr_core.observation.model import Observation, Verdict
from dr_core.plan.checks.case import Case, answers, blocking, is_down, nothing_good, reasons_of, warning
from dr_core.plan.kinds.shift_weights import EQUAL
from dr_core.plan.step import Finding, Plan, Purpose


def findings(case: Case) -> tuple[Finding, ...]:
    if case.fresh is None:
        return (_not_observed(case),)
    return (*_target(case, case.fresh), *_source(case, case.fresh))


def _not_observed(case: Case) -> Finding:
    name = case.plan.application
    if case.age_s is None:
        message, evidence = f"{name} was not observed yet: nobody knows what would happen.", ""
    else:
        message = f"The last observation of {name} is too old to rely on."
        evidence = f"{case.age_s:.0f} s old, at most {case.oldest_s:.0f} s"
    return blocking("not-observed", message, evidence=evidence, way_out="Check that a worker runs and observes.")


def _target(case: Case, seen: Observation) -> tuple[Finding, ...]:
    region = case.plan.target
    verdict = seen.verdict(region)
    evidence = f"{reasons_of(seen, region)} (seen {case.age_s:.0f} s ago)"
    if is_down(seen, region):
        return (blocking("target-down", f"{region} is down: it could not take over.", evidence=evidence),)
    if nothing_good(seen, region):
        return (blocking("target-unknown", f"Nothing is known to work in {region}.", evidence=evidence),)
    if verdict is not None and verdict.verdict in (Verdict.DOWN, Verdict.DEGRADED):
        message = f"{region} looks {verdict.verdict.value}, but its control planes answer: so does a small standby."
        return (warning("target-unhealthy", message, evidence=evidence),)
    return ()


def _source(case: Case, seen: Observation) -> tuple[Finding, ...]:
    region = case.plan.source
    verdict = seen.verdict(region)
    down = verdict is not None and verdict.verdict is Verdict.DOWN
    evidence = f"{reasons_of(seen, region)} (seen {case.age_s:.0f} s ago)"
    if case.app.active_active:
        return _shifted(case, seen)
    if case.forced:
        if down:
            return _lost_for_nothing(case, evidence)
        message = f"{region} is not down; a forced failover gives up what was not replicated."
        return (warning("source-not-down", message, evidence=evidence, way_out="Without --forced nothing is lost."),)
    if case.plan.purpose is Purpose.ROLLBACK:
        return _gone_back_from(case, evidence) if down or answers(seen, region) is False else ()
    if down and case.switched_off is not None:
        message = f"{case.switched_off} was ended after it had switched {region} off; a planned move needs it at work."
        return (blocking("wrong-mode", message, evidence=evidence, way_out=_back(case.switched_off)),)
    if down or answers(seen, region) is False:
        message = f"{region} is down or does not answer; a planned failover needs it."
        return (blocking("wrong-mode", message, evidence=evidence, way_out="Use --forced."),)
    if verdict is None or verdict.verdict is Verdict.UNKNOWN:
        message = f"Nobody could say how {region} is; a planned failover needs it healthy."
        return (warning("source-unknown", message, evidence=evidence),)
    return ()


def _lost_for_nothing(case: Case, evidence: str) -> tuple[Finding, ...]:
    """Whoever forces gives up writes that a rollback would keep."""
    run, region = case.switched_off, case.plan.source
    if run is None:
        return ()
    message = f"{region} is only switched off, by {run}, which was ended; forced, what was not replicated is given up."
    return (warning("switched-off", message, evidence=evidence, way_out=_back(run)),)


def _back(run: str) -> str:
    return f"`rollback {run}` switches it on again and loses nothing."


def _gone_back_from(case: Case, evidence: str) -> tuple[Finding, ...]:
    """A rollback needs the region that it goes back from only where the application may live there."""
    source, target = case.plan.source, case.plan.target
    if not case.plan.leans_on(source):
        return ()
    message = f"{source} is down or does not answer; the application goes back from there without loss or not at all."
    way_out = f"`failover {target} --forced` does without {source}."
    return (blocking("wrong-mode", message, evidence=evidence, way_out=way_out),)


def _shifted(case: Case, seen: Observation) -> tuple[Finding, ...]:
    """Users are shifted by weight or control, whatever the region left is like: nothing is given up with it."""
    plan, now = case.plan, serving(case.app, seen)
    evidence = f"{now.reason} (seen {case.age_s:.0f} s ago)"
    found = []
    if now.regions is None:
        found.append(warning("serving-unknown", "Which regions serve now is not known.", evidence=evidence))
    found += [warning(code, text, evidence=evidence) for code, text in out_of_place(plan, now.regions)]
    return (*found, *_weights(case, seen))


def out_of_place(plan: Plan, serving_now: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """How the regions that serve are not those that a shift starts from: code and sentence. None: nobody knows."""
    if serving_now is None:
        return
    if plan.returning:
        if plan.target in serving_now:
            yield "serves-already", f"{plan.target} serves already."
        return
    if plan.source not in serving_now:
        yield "shifted-already", f"Users were shifted away from {plan.source} before."
    if plan.target not in serving_now:
        yield "target-serves-nobody", f"Users were shifted away from {plan.target}, where this sends everybody."


def _weights(case: Case, seen: Observation) -> Iterator[Finding]:
    """What the way back would make of shares that the topology does not know."""
    if any(entry.arc_routing_controls for entry in case.app.traffic):
        return
    states = {state.name: state.weights for state in seen.traffic}
    for records in (entry.route53_records for entry in case.app.traffic if entry.route53_records):
        now = {region: weight for region, weight in (states.get(records.name) or {}).items() if weight > 0}
        wanted = {region: records.weights.get(region, EQUAL) for region in now}
        if now != wanted:
            message = f"The weights of {records.name} are not those of dr.yaml: a shift sets those of its regions."
            evidence = f"now {_shares(now)}; dr.yaml: {_shares(wanted)}"
            yield warning("weights-differ", message, evidence=evidence, way_out="Say them under weights in dr.yaml.")


def _shares(weights: Mapping[str, int]) -> str:
    return ", ".join(f"{region} {weight}" for region, weight in weights.items())

"""What would be lost, and what is behind: value, threshold and age together."""

from dr_core.plan.checks.case import Case, gate_stores, has_gate, info, warning
from dr_core.plan.step import Finding
from dr_core.replication.exposure import StoreExposure, store_exposures


def findings(case: Case) -> tuple[Finding, ...]:
    if case.fresh is None:
        return ()
    return (*(_gates(case) if case.forced else ()), *_behind(case))


def said(store: StoreExposure) -> str:
    """`shop: 12 s, threshold 60 s, measured 3 s ago`."""
    value = "unknown" if store.exposure_seconds is None else f"{store.exposure_seconds:g} s"
    age = "age unknown" if store.age_seconds is None else f"measured {store.age_seconds:.0f} s ago"
    reason = f" ({store.reason})" if store.reason else ""
    return f"{store.name}: {value}, threshold {store.threshold_seconds:g} s, {age}{reason}"


def _gates(case: Case) -> tuple[Finding, ...]:
    stores = gate_stores(case)
    if not stores and has_gate(case.app):
        message = f"How much {case.plan.target} is behind was not measured; an unknown loss must be accepted."
        return (warning("exposure-unknown", message),)
    found = []
    for store in stores:
        if store.verdict == "over":
            message = f"What would be lost of {store.name} is over its objective."
            found.append(warning("exposure-over-rpo", message, evidence=said(store)))
        elif store.verdict != "ok":
            message = f"What would be lost of {store.name} is not known; an unknown loss must be accepted."
            found.append(warning("exposure-unknown", message, evidence=said(store)))
    return tuple(found)


def _behind(case: Case) -> tuple[Finding, ...]:
    """Stores that do not gate: nothing stops for them, but nobody should be surprised either."""
    assert case.seen is not None
    stores = store_exposures(case.seen, case.now, case.topology.detection.interval)
    behind = [s for s in stores if not s.gate and s.region == case.plan.target and s.verdict != "ok"]
    if not behind:
        return ()
    names = ", ".join(store.name for store in behind)
    message = f"Behind or not measured towards {case.plan.target}, but no gate: {names}."
    return (info("stores-behind", message, evidence="; ".join(said(store) for store in behind)),)

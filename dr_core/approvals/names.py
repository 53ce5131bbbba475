"""Short names that people can type, and tokens that nobody can guess."""

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no 0/o, 1/i/l, u


def new_request_id() -> str:
    """`r-` and eight characters; a clash is refused by the table's key."""
    return f"r-{_eight()}"


def new_review_id() -> str:
    """`v-` and eight characters."""
    return f"v-{_eight()}"


def new_incident_id() -> str:
    """`i-` and eight characters."""
    return f"i-{_eight()}"


def new_evacuation_id() -> str:
    """`ev-` and eight characters."""
    return f"ev-{_eight()}"


def new_drill_id() -> str:
    """`d-` and eight characters."""
    return f"d-{_eight()}"


def new_release_id() -> str:
    """`rel-` and eight characters."""
    return f"rel-{_eight()}"


def new_reconciliation_id() -> str:
    """`w-` (for writes) and eight characters."""
    return f"w-{_eight()}"


def run_id_of(request_id: str) -> str:
    """A request has one run; they share their number."""
    return "run-" + request_id.removeprefix("r-")


def new_token() -> str:
    """128 random bits for a button."""
    return secrets.token_urlsafe(16)


def _eight() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))

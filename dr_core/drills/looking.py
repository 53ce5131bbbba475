"""What a probe only looks at: keys, secrets, endpoints, and calls that AWS checks without carrying them out."""

from dr_core.drills.model import Exercise
from dr_core.drills.port import DryCalls
from dr_core.drills.trial import Look, Verdict, failed, passed, skipped, unknown
from dr_core.health.secrets import judge_secret
from dr_core.observation.model import SignalState
from dr_core.replication.copies import Keys
from dr_core.replication.port import Secrets
from dr_core.verify.port import WriteProbe


class OpenWithKey(Look):
    """Opens in the standby what the key has closed in the active region. `params`: `key`, `source`."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def verdict(self, exercise: Exercise) -> Verdict:
        key, source = str(exercise.params["key"]), str(exercise.params["source"])
        proof = self._keys.proof(key, source, str(exercise.region))
        if proof.works is None:
            return skipped(proof.detail)
        return passed(proof.detail) if proof.works else failed(proof.detail)


class ReadSecret(Look):
    """Reads what the standby says of a secret, never its value. `params`: `secret`."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def verdict(self, exercise: Exercise) -> Verdict:
        region = str(exercise.region)
        state, detail = judge_secret(region, self._secrets.view(str(exercise.params["secret"]), region))
        return passed(detail) if state is SignalState.OK else failed(detail)


class AskEndpoint(Look):
    """Asks the standby's own health endpoint; a run's `verify-health` waits in vain where another region answers it.

    `params`: `url`, and `idle`: nothing runs there while it waits.
    """

    def __init__(self, probe: WriteProbe) -> None:
        self._probe = probe

    def verdict(self, exercise: Exercise) -> Verdict:
        seen = self._probe.health(str(exercise.params["url"]))
        if seen.ok and seen.region in (None, exercise.region):
            return passed(seen.detail)
        told = f"{seen.region} answers it, not {exercise.region}" if seen.ok else seen.detail
        if exercise.params.get("idle"):
            return unknown(f"{told}; nothing runs there while it waits, so that it may not answer")
        return failed(told)


class PretendToInvoke(Look):
    """Lambda's DryRun: whether the function is there and may be called. `params`: `function`."""

    def __init__(self, dry: DryCalls) -> None:
        self._dry = dry

    def verdict(self, exercise: Exercise) -> Verdict:
        function = str(exercise.params["function"])
        self._dry.invoke(function, str(exercise.region))
        return passed(f"{function} is there and may be called")

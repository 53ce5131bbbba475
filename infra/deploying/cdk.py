"""The CDK CLI, which does every change: found, run as a child with an explicit environment, its lines passed on.

https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html
"""

import os
import subprocess
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dr_core.errors import ConfigError, RejectedError

Tell = Callable[[str], None]
"""Takes a line about how it goes, for a person who waits."""

AT_ONCE = 4
"""Stacks that are deployed at the same time, where none waits for another."""
_KEPT_LINES = 4
_ENDS_WITHIN_S = 20.0
_PASSED_ON = (
    "HOME", "LANG", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "NODE_EXTRA_CA_CERTS", "DOCKER_HOST",
)  # fmt: skip
CLI = Path(__file__).parents[1] / "node_modules" / ".bin" / "cdk"
INSTALLING = "`make synth` in a checkout installs Node's wheel; `npm ci --prefix infra` the CLI."


@dataclass(frozen=True)
class CdkCli:
    """`binary`: the program; `environment`: what it finds around it."""

    environment: Mapping[str, str]
    binary: Path = CLI

    @classmethod
    def here(cls, binary: Path = CLI) -> "CdkCli":
        """The one that `infra/package-lock.json` pins, run by the Node of this installation."""
        return cls(child_environment(os.environ), binary)

    def version(self, timeout_s: float = 60.0) -> str:
        """Such as `2.1148.1`; ConfigError where there is none, or no Node to run it."""
        try:
            done = subprocess.run(  # noqa: S603  our own program
                [self.binary, "--version"], env=dict(self.environment), capture_output=True, text=True,
                errors="replace", timeout=timeout_s, check=False,
            )  # fmt: skip
        except OSError as error:
            raise ConfigError(f"There is no CDK CLI at {self.binary}.", hint=INSTALLING) from error
        except subprocess.TimeoutExpired as error:
            told = f"The CDK CLI at {self.binary} does not answer within {timeout_s:g} seconds."
            raise ConfigError(told, hint=INSTALLING) from error
        if done.returncode:
            raise ConfigError(f"The CDK CLI does not start: {done.stderr.strip()[-200:]}", hint=INSTALLING)
        return done.stdout.split()[0] if done.stdout.split() else "unknown"

    def deploy(
        self,
        assembly: Path,
        stacks: Sequence[str],
        parameters: Iterable[tuple[str, str, str]],
        tell: Tell,
        *,
        prepare: str | None = None,
    ) -> None:
        """Deploys the stacks, none beside them; what does not differ stays. `parameters`: (stack, name, value).

        `prepare`: only makes change sets of this name. RejectedError with the CLI's last lines where it fails.
        """
        folder = assembly.resolve()
        words = ["deploy", *stacks, "--app", str(folder), "--exclusively", "--require-approval", "never"]
        words += ["--concurrency", str(AT_ONCE), "--progress", "events", "--no-notices", "--no-color", "--ci"]
        words += ["--method", "prepare-change-set", "--change-set-name", prepare] if prepare else []
        for stack, name, value in parameters:
            words += ["--parameters", f"{stack}:{name}={value}"]
        self._run(words, tell, folder)

    def _run(self, words: Sequence[str], tell: Tell, folder: Path) -> None:
        """In `folder`: the CLI leaves a file of its own where it is run."""
        last: deque[str] = deque(maxlen=_KEPT_LINES)
        # Of the same group of processes: a Ctrl-C reaches it as well, and it ends by itself.
        try:
            child = subprocess.Popen(  # noqa: S603  our own program, and no shell
                [self.binary, *words], env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", cwd=folder,
            )  # fmt: skip
        except OSError as error:
            raise ConfigError(f"There is no CDK CLI at {self.binary}.", hint=INSTALLING) from error
        assert child.stdout is not None
        try:
            for line in filter(None, map(str.rstrip, child.stdout)):
                last.append(line.strip())
                tell(line)
            code = child.wait()
        finally:
            if child.poll() is None:
                _end(child)
            child.stdout.close()
        if code:
            raise RejectedError(f"The CDK CLI ended with code {code}: {' | '.join(last)}")


def _end(child: "subprocess.Popen[str]") -> None:
    """What CloudFormation has begun goes on without the CLI."""
    child.terminate()
    try:
        child.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What the CLI gets of our own environment: how to reach AWS, and as whom."""
    kept = {name: value for name, value in ours.items() if name in _PASSED_ON or name.startswith("AWS_")}
    scripts = sysconfig.get_path("scripts")
    return {
        **kept,
        "PATH": os.pathsep.join((scripts, ours.get("PATH", os.defpath))),
        "CI": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }

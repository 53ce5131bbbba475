"""What every `dr deploy` works with: the configuration, its assembly, AWS as the operator, and the CDK CLI."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dr_core.aws.residency import GLOBAL_SERVICES
from dr_core.aws.session import AwsSessions
from dr_core.clock import Clock, SystemClock
from dr_core.errors import ConfigError
from dr_core.settings import Settings
from dr_core.topology.deployment import Size
from infra.config import Config, read_config
from infra.deploying.assembly import Assembly, Stack, read_assembly
from infra.deploying.cdk import INSTALLING, CdkCli, Tell
from infra.deploying.cloudformation import CloudFormation, Standing

_SYNTHESIS_S = 300.0
_AT_ONCE = 8
"""Stacks that are asked after at the same time."""


@dataclass(frozen=True)
class Site:
    """`scratch`: a folder for assemblies, gone at the end. `pause` waits before AWS is asked again."""

    path: Path
    config: Config
    settings: Settings
    aws: AwsSessions
    cli: CdkCli
    clock: Clock
    scratch: Path
    tell: Tell
    pause: Callable[[], None]

    @cached_property
    def formation(self) -> CloudFormation:
        return CloudFormation(self.aws)

    @cached_property
    def assembly(self) -> Assembly:
        """Synthesized when it is first asked for."""
        self.tell("synthesizing the templates ...")
        return self.synthesized(self.config.deployment.size)

    def synthesized(self, size: Size) -> Assembly:
        """The same configuration in another size, too."""
        return synthesize(self.path, self.scratch / size.value, size, self.cli)

    def standing(self) -> dict[str, Standing]:
        """What stands of the assembly's stacks, by name."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            found = pool.map(self._standing, self.assembly.stacks.values())
            return {one.name: one for one in found if one is not None}

    def _standing(self, stack: Stack) -> Standing | None:
        """With its resources, where a parameter of its own depends on them."""
        found = self.formation.standing(stack.name, stack.region)
        if found is None or not stack.asks_itself:
            return found
        return replace(found, resources=self.formation.resources(stack.name, stack.region))


def sessions(config: Config, settings: Settings) -> AwsSessions:
    """In the allowed regions, and where AWS ties a stack to."""
    topology = config.topology
    homes = {service.home for service in GLOBAL_SERVICES.values()}
    return AwsSessions(
        (*topology.residency.allowed_regions, *sorted(homes)),
        control_region=topology.control_region, endpoint_url=settings.aws_endpoint_url,
    )  # fmt: skip


@contextmanager
def open_site(settings: Settings, tell: Tell, pause: Callable[[], None]) -> Iterator[Site]:
    """A site for the time of one command."""
    path = Path(settings.config)
    config = read_config(path)
    aws = sessions(config, settings)
    try:
        with tempfile.TemporaryDirectory(prefix="dr-deploy-") as scratch:
            yield Site(path, config, settings, aws, CdkCli.here(), SystemClock(), Path(scratch), tell, pause)
    finally:
        aws.close()


def synthesize(config: Path, folder: Path, size: Size, cli: CdkCli, timeout_s: float = _SYNTHESIS_S) -> Assembly:
    """`python -m infra` in a process of its own: CDK costs half a gigabyte, and `dr` must not load it."""
    words = [sys.executable, "-m", "infra", "--config", str(config), "--out", str(folder), "--size", size.value]
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter
            words, env=dict(cli.environment), capture_output=True, text=True, errors="replace", timeout=timeout_s,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"The templates were not made within {timeout_s:g} seconds.", hint="Try again.") from error
    except OSError as error:
        raise ConfigError(f"The templates cannot be made: {error.strerror or error}.") from error
    if done.returncode:
        told = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        missing = any("No module named 'aws_cdk'" in line for line in told)
        raise ConfigError(
            f"The templates cannot be made: {told[-1] if told else 'no word why'}", hint=INSTALLING if missing else None
        )
    return read_assembly(folder)

"""The words of `dr deploy`: in a terminal only, and with the operator's own AWS credentials."""

from commands.registry import Command, Kind, Needs, Param, Where

_ONLY = Param("only", Kind.WORD, "this stack, and those that it waits for; repeatable", option=True, repeatable=True,
              metavar="STACK")  # fmt: skip
_SIZES = Param("sizes", Kind.FLAG, "compare the three sizes: cost, and what each means for the RTO", option=True)
_YES = Param("yes", Kind.FLAG, "nobody is asked; needed where this is no terminal", option=True)
_ALLOW = Param(
    "allow_destructive", Kind.WORD, "this resource may be lost, or this stack left behind; repeatable", option=True,
    repeatable=True, metavar="STACK[/RESOURCE]",
)  # fmt: skip
_WRITE = Param("write", Kind.FLAG, "do it; else it is only shown", option=True)
_DRIFT = Param("drift", Kind.FLAG, "also ask CloudFormation what was changed by hand: takes minutes", option=True)
_FORMAT = Param("format", Kind.WORD, "as a file of this kind", option=True, metavar="md|json")
_OUT = Param("out", Kind.WORD, "write the file there", option=True, metavar="FILE")


def _deploy(name: str, summary: str, function: str, params: tuple[Param, ...], examples: tuple[str, ...]) -> Command:
    return Command(
        name, summary, "commands.deploy", params, examples, function=function,
        needs=Needs.NOBODY, where=Where.TERMINAL, bare=True, group="Deploy",
    )  # fmt: skip


DEPLOY = (
    _deploy("deploy", "how the infrastructure is built, step by step", "explain", (), ("deploy",)),
    _deploy(
        "deploy check", "what a deployment needs: tools, credentials, bootstrap, quotas, residency, freeze", "check",
        (), ("deploy check",),
    ),
    _deploy(
        "deploy plan", "what would change in each region, what would be lost, what is left to people, what it costs",
        "plan", (_ONLY, _SIZES), ("deploy plan", "deploy plan --sizes", "deploy plan --only shop-dns-{region}"),
    ),
    _deploy(
        "deploy apply", "build it, stack by stack; called again it goes on where it ended", "apply",
        (_ONLY, _ALLOW, _YES), ("deploy apply", "deploy apply --only dr-state-{region}", "deploy apply --yes"),
    ),
    _deploy(
        "deploy sync", "ids that AWS assigned into dr.yaml, and what a standby lacks of secrets and parameters",
        "sync", (_WRITE,), ("deploy sync", "deploy sync --write"),
    ),
    _deploy(
        "deploy validate", "whether what stands works: health, replication, alarms, roles, a drill on paper",
        "validate", (), ("deploy validate",),
    ),
    _deploy(
        "deploy report", "what stands, since when, by whom, what was changed by hand, what it costs", "report",
        (_DRIFT, _FORMAT, _OUT), ("deploy report", "deploy report --drift --out deployment.md"),
    ),
)  # fmt: skip

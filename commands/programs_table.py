"""The commands that only a terminal has: the long-running programs, the store, `dr.yaml`."""

from commands.registry import Command, Kind, Needs, Param, Where


def _program(
    name: str, summary: str, module: str, function: str, params: tuple[Param, ...] = (), example: str = ""
) -> Command:
    """A command of the terminal that needs neither store nor configuration to start."""
    return Command(
        name, summary, module, params, (example or name,), function=function,
        needs=Needs.NOBODY, where=Where.TERMINAL, bare=True, group="Programs",
    )  # fmt: skip


_SANDBOX = (
    Param("config", Kind.WORD, "the topology to simulate", option=True, metavar="FILE"),
    Param("port", Kind.NUMBER, "where its page listens", option=True),
    Param("speed", Kind.NUMBER, "divides how long simulated services take", option=True),
    Param("data", Kind.WORD, "where store and environment are kept", option=True, metavar="DIR"),
)
_FILE = Param("file", Kind.WORD, "the file; DR_CONFIG, else dr.yaml, when it is left out", metavar="FILE")

_DISCOVER = (
    Param("region", Kind.WORD, "a region to look at; the first one is the primary", option=True, repeatable=True,
          required=True, metavar="REGION"),
    Param("tag", Kind.WORD, "only what carries this tag; repeatable", option=True, repeatable=True,
          metavar="KEY=VALUE"),
    Param("name", Kind.WORD, "the application's name; from the tag when it is left out", option=True, metavar="NAME"),
    Param("out", Kind.WORD, "write it there; printed when it is left out", option=True, metavar="FILE"),
)  # fmt: skip

_GRANT = Param(
    "grant", Kind.WORD, "also give this PostgreSQL role what bot and worker need", option=True, metavar="ROLE"
)

PROGRAMS = (
    _program(
        "sandbox", "start the local world: simulated AWS, a local Slack, the bot and the worker",
        "commands.programs", "sandbox", _SANDBOX, "sandbox --port 8081 --speed 60",
    ),
    _program("bot", "the Slack bot", "commands.programs", "bot"),
    _program("worker", "the process that observes and carries out runs", "commands.programs", "worker"),
    _program(
        "db upgrade", "bring the store's tables up to date", "commands.database", "upgrade", (_GRANT,),
        "db upgrade --grant dr_app",
    ),
    _program("config check", "validate dr.yaml; every error with its line", "commands.config", "check", (_FILE,)),
    _program(
        "config discover", "write a first draft of dr.yaml from what AWS has", "commands.discover", "run", _DISCOVER,
        "config discover --region {primary} --region {region} --tag app=shop",
    ),
    _program("config schema", "the JSON Schema of dr.yaml", "commands.config", "schema"),
)  # fmt: skip

"""Every command of this version, in the order in which help lists them, and the words that have no code yet."""

from commands.registry import Command, Kind, Needs, Param, Where

_REGION = Param("region", Kind.REGION, "the region to go to", required=True)
_APP = Param("application", Kind.APPLICATION, "only this application", metavar="APP")
_ONE_APP = Param(
    "application", Kind.APPLICATION, "which application; may be left out where there is only one",
    required=True, implied=True, metavar="APP",
)  # fmt: skip
_REQUEST = Param("request", Kind.REQUEST, "the request's id", required=True)
_FORCED = Param("forced", Kind.FLAG, "the active region is lost: data may be lost with it", option=True)
_OVERRIDE = Param(
    "override", Kind.WORD, "go on in spite of the finding with this code; repeatable",
    option=True, repeatable=True, metavar="CODE",
)  # fmt: skip
_FROM = Param(
    "from", Kind.WORD, "the region to leave; only where it is not plain: every region serves, or two write",
    option=True, metavar="REGION",
)  # fmt: skip
_ROUND = Param("round", Kind.NUMBER, "only if this round is still the present one", option=True)
_LIMIT = Param("limit", Kind.NUMBER, "how many at most", option=True)
_RUN = Param(
    "run", Kind.RUN, "the run's id, or its request's; may be left out where only one run is unfinished",
    required=True, implied=True,
)  # fmt: skip
_CONFIRM = Param("confirm", Kind.FLAG, "also in the middle of a run, where something is down meanwhile", option=True)
_ACCEPT_LOSS = Param(
    "accept_loss", Kind.WORD, "the loss limit shown, typed: seconds or `unknown`", option=True,
    metavar="SECONDS|unknown",
)  # fmt: skip


def _reason(summary: str, *, required: bool = False) -> Param:
    return Param("reason", Kind.TEXT, summary, option=True, required=required)


_SEE = (
    Command(
        "status", "where each application runs, how its regions are, what would be lost, what waits and runs",
        "commands.status", (_APP,), ("status", "status {app}"),
    ),
    Command(
        "health", "every signal of every region, now, with its age", "commands.health", (_APP,),
        ("health", "health {app}"),
    ),
    Command(
        "replication", "exposure of every store: value, threshold and age", "commands.replication", (_APP,),
        ("replication", "replication {app}"),
    ),
    Command(
        "readiness", "what would keep a failover from working: every finding of the last preflight, with its age",
        "commands.readiness", (_APP,), ("readiness", "readiness {app}"),
    ),
    Command(
        "budget", "what it costs: spend, forecast, thresholds, regions, the standby's share, savings",
        "commands.budget", (_APP,), ("budget", "budget {app}"),
    ),
    Command("requests", "requests that wait, and the last ones decided", "commands.requests", (_LIMIT,), ("requests",)),
    Command("runs", "runs under way, and the last ones", "commands.runs", (_LIMIT,), ("runs",)),
    Command(
        "run show", "one run: its steps, RTO by segment, and loss", "commands.run",
        (Param("run", Kind.RUN, "the run's id, or its request's", required=True),), ("run show run-7k2m9qpd",),
        function="show",
    ),
)  # fmt: skip

_ACT = (
    Command(
        "plan", "what a failover would do, its findings and estimate; changes nothing", "commands.plan",
        (_REGION, _ONE_APP, _FORCED, _FROM, _OVERRIDE), ("plan {region}", "plan {region} {app} --forced"),
        group="Fail over",
    ),
    Command(
        "failover", "ask for a failover to a region; others must approve it", "commands.failover",
        (
            _REGION, _ONE_APP, _FORCED, _FROM, _reason("why, for those who must approve"), _OVERRIDE,
        ),
        ("failover {region}", 'failover {region} {app} --forced --reason "{primary} unreachable"'),
        needs=Needs.REQUESTER, operation=True, group="Fail over",
    ),
    Command(
        "failback", "ask for the way back to the primary region, or to one that users were shifted from",
        "commands.failback",
        (_ONE_APP, _reason("why, for those who must approve"), _OVERRIDE), ("failback {app}",),
        needs=Needs.REQUESTER, operation=True, group="Fail over",
    ),
    Command(
        "rollback", "ask that what a run really did is taken back; it must have ended", "commands.rollback",
        (
            Param("run", Kind.RUN, "the run's id, or its request's", required=True),
            _reason("why, for those who must approve"), _OVERRIDE,
        ),
        ("rollback run-7k2m9qpd", 'rollback run-7k2m9qpd --reason "the change was not needed"'),
        needs=Needs.REQUESTER, approver_too=True, operation=True, group="Fail over",
    ),
    Command(
        "approve", "acknowledge a request", "commands.approve",
        (_REQUEST, _ROUND, _ACCEPT_LOSS),
        ("approve r-7k2m9qpd", "approve r-7k2m9qpd --accept-loss 900"),
        needs=Needs.APPROVER, operation=True, group="Decide",
    ),
    Command(
        "deny", "end a request", "commands.deny", (_REQUEST, _reason("why, for the one who asked", required=True)),
        ('deny r-7k2m9qpd --reason "the region is back"',),
        needs=Needs.APPROVER, operation=True, group="Decide",
    ),
    Command(
        "cancel", "withdraw a request", "commands.cancel", (_REQUEST,), ("cancel r-7k2m9qpd",),
        needs=Needs.REQUESTER, approver_too=True, operation=True, group="Decide",
    ),
    Command(
        "renew", "open a new round of a request that expired", "commands.renew", (_REQUEST, _ROUND),
        ("renew r-7k2m9qpd",),
        needs=Needs.REQUESTER, approver_too=True, operation=True, group="Decide",
    ),
)  # fmt: skip

_STEER = (
    Command(
        "run pause", "nothing new starts in a run; steps under way are watched to their end", "commands.run",
        (_RUN, _reason("why, for everybody", required=True), _CONFIRM),
        ('run pause --reason "the batch job must end first"', 'run pause run-7k2m9qpd --reason "wait" --confirm'),
        function="pause", needs=Needs.REQUESTER, approver_too=True, operation=True, group="Steer a run",
    ),
    Command(
        "run resume", "let a run go on where it was; after an uncertain step it looks again first",
        "commands.run", (_RUN,), ("run resume", "run resume run-7k2m9qpd"),
        function="resume", needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
    Command(
        "run abort", "end a run; steps under way are watched to their end, nothing is taken back",
        "commands.run", (_RUN, _reason("why, for everybody", required=True), _CONFIRM),
        ('run abort --reason "wrong region"', 'run abort run-7k2m9qpd --reason "wrong region" --confirm'),
        function="abort", needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
    Command(
        "run escalate", "ask for a forced failover in place of a planned run whose old region was lost on the way",
        "commands.run", (_RUN, _reason("why, for those who must approve", required=True), _OVERRIDE),
        ('run escalate --reason "{primary} is gone"',),
        function="ask_for_forced", needs=Needs.REQUESTER, approver_too=True, operation=True,
        group="Steer a run",
    ),
    Command(
        "run takeover", "take a run away from a worker that hangs; another takes it up", "commands.run",
        (_RUN,), ("run takeover", "run takeover run-7k2m9qpd"),
        function="takeover", needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
    Command(
        "brake on", "no new step starts in any run of any application", "commands.brake",
        (_reason("why, for everybody", required=True), _CONFIRM),
        ('brake on --reason "two changes at once"', 'brake on --reason "two changes at once" --confirm'),
        function="run_on", needs=Needs.REQUESTER, approver_too=True, operation=True, group="Steer a run",
    ),
    Command(
        "brake off", "release the brake; runs go on where they were", "commands.brake", (), ("brake off",),
        function="run_off", needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
    Command(
        "unfreeze", "the code of an application's infrastructure agrees with where it runs, and may be applied",
        "commands.unfreeze",
        (_ONE_APP, _reason("what was done so that the code agrees", required=True)),
        ('unfreeze {app} --reason "the primary is eu-west-1 in the code now"',),
        needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
    Command(
        "cooldown clear", "let detection propose a failover again before the cooldown is over", "commands.cooldown",
        (_ONE_APP,), ("cooldown clear {app}",),
        function="run_clear", needs=Needs.APPROVER, operation=True, group="Steer a run",
    ),
)  # fmt: skip

_INCIDENT_ID = Param("id", Kind.WORD, "the incident's id; may be left out where only one is open", metavar="ID")
_INCIDENT = (
    Command(
        "incident", "say that something is wrong: one card for it, pinned, with all that belongs to it",
        "commands.incident",
        (
            Param("application", Kind.APPLICATION, "which application; all where it is left out", implied=True,
                  metavar="APP"),
            Param("text", Kind.TEXT, "what is wrong, in a line", required=True),
        ),
        ('incident "checkout answers 500"', 'incident {app} "checkout answers 500"'),
        needs=Needs.REQUESTER, approver_too=True, operation=True, group="Incidents",
    ),
    Command(
        "note", "write down what you saw or did, with the time and your name", "commands.note",
        (
            Param("text", Kind.TEXT, "the note", required=True),
            Param("incident", Kind.WORD, "an incident's id, or a request's or run's of it; only where several are open",
                  option=True, metavar="ID"),
        ),
        ('note "called the provider"', 'note "called the provider" --incident i-7k2m9qpd'),
        needs=Needs.REQUESTER, approver_too=True, operation=True, group="Incidents",
    ),
    Command(
        "incident close", "the incident is over: its card is unpinned, its report is posted", "commands.incident",
        (_INCIDENT_ID, _reason("what it was", required=False)),
        ("incident close", 'incident close i-7k2m9qpd --reason "a bad deployment, taken back"'),
        function="run_close", needs=Needs.REQUESTER, approver_too=True, operation=True, group="Incidents",
    ),
    Command(
        "incident show", "one incident: what belongs to it, and its timeline", "commands.incident", (_INCIDENT_ID,),
        ("incident show", "incident show i-7k2m9qpd"), function="run_show", group="Incidents",
    ),
    Command(
        "incidents", "open incidents, and the last ones closed", "commands.incident", (_LIMIT,), ("incidents",),
        function="run_list", group="Incidents",
    ),
    Command(
        "report after-action", "what happened: time by segment, RTO and RPO, people, steps, deviations, what is open",
        "commands.report",
        (
            Param("about", Kind.WORD, "the id of a run, a request, an incident or a drill", required=True,
                  metavar="RUN"),
            Param("format", Kind.WORD, "as a file of this kind; in a terminal", option=True, metavar="md|html|json"),
            Param("out", Kind.WORD, "write the file there; in a terminal", option=True, metavar="FILE"),
        ),
        ("report after-action run-7k2m9qpd", "report after-action i-7k2m9qpd --out report.html"),
        group="Incidents",
    ),
)  # fmt: skip

_EMERGENCY = (
    Command(
        "break-glass", "carry out a request without its quorum, as a named holder in a terminal; all are told",
        "commands.break_glass",
        (
            _REQUEST, _reason("why nobody could be waited for", required=True),
            Param("application", Kind.WORD, "the application's name, typed once more", option=True, required=True,
                  metavar="NAME"),
            _ACCEPT_LOSS,
        ),
        ('break-glass r-7k2m9qpd --reason "nobody answers" --application {app} --accept-loss 900',),
        needs=Needs.HOLDER, operation=True, group="Break glass",
    ),
    Command(
        "review list", "what was done without its quorum and not reviewed yet", "commands.review", (),
        ("review list",), function="run_list", group="Break glass",
    ),
    Command(
        "review close", "sign off what somebody else did without its quorum", "commands.review",
        (
            Param("id", Kind.WORD, "the review's id", required=True, metavar="ID"),
            Param("note", Kind.TEXT, "what you found", option=True, required=True),
        ),
        ('review close v-7k2m9qpd --note "seen, it was right"',),
        function="run_close", needs=Needs.APPROVER, operation=True, group="Break glass",
    ),
    Command(
        "reconcile list", "what forced failovers lost: where it is kept, and what nobody has signed yet",
        "commands.reconcile", (), ("reconcile list",), function="run_list", group="Lost writes",
    ),
    Command(
        "reconcile sign", "sign off, as another person, what became of lost writes: a failback waits for that",
        "commands.reconcile",
        (
            Param("id", Kind.WORD, "the item's id", required=True, metavar="ID"),
            Param("note", Kind.TEXT, "what became of the writes", option=True, required=True),
        ),
        ('reconcile sign w-7k2m9qpd --note "compared, 12 orders entered by hand"',),
        function="run_sign", needs=Needs.APPROVER, operation=True, group="Lost writes",
    ),
)  # fmt: skip

_LOOK_AFTER = (
    Command(
        "audit list", "the last events of the trail", "commands.audit",
        (
            Param("request", Kind.REQUEST, "only one request and its run", option=True),
            Param("chain", Kind.WORD, "only one chain: `ops`, `root` or a request's id", option=True),
            _LIMIT,
        ),
        ("audit list", "audit list --limit 20"), function="run_list", group="Look after",
    ),
    Command(
        "audit verify", "check every link of the trail", "commands.audit", (), ("audit verify",),
        function="run_verify", group="Look after",
    ),
    Command(
        "audit export", "the whole trail, one JSON object a line", "commands.audit", (), ("audit export",),
        function="run_export", group="Look after",
    ),
    Command(
        "doctor", "configuration, store, clock, Slack, quorum, AWS: what is wrong and the way out",
        "commands.doctor", (), ("doctor",), group="Look after",
    ),
    Command(
        "help", "what you may type", "commands.help", (Param("command", Kind.COMMAND, "one command in detail"),),
        ("help", "help failover"), needs=Needs.NOBODY, group="Look after",
    ),
)  # fmt: skip


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

_TERMINAL = (
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

_DRILL = (
    Command(
        "drill", "try what a failover needs: on paper, by harmless calls, with a clone, or as a real move and back",
        "commands.drill",
        (
            _ONE_APP,
            Param("kind", Kind.WORD, "how far it goes; only `live` moves users, with the acknowledgements of any move",
                  option=True, metavar="tabletop|probe|isolated|live"),
        ),
        ("drill {app}", "drill {app} --kind probe"),
        needs=Needs.REQUESTER, approver_too=True, operation=True, by_schedule=True, group="Drill",
    ),
    Command(
        "drill history", "the drills of an application, how their scores went, and what is overdue", "commands.drill",
        (_APP,), ("drill history", "drill history {app}"), function="run_history", group="Drill",
    ),
    Command(
        "drill show", "one drill: every check with its result, what it used, what it still has to clean up",
        "commands.drill", (Param("id", Kind.WORD, "the drill's id", required=True, metavar="ID"),),
        ("drill show d-7k2m9qpd",), function="run_show", group="Drill",
    ),
)  # fmt: skip

COMMANDS = (*_SEE, *_ACT, *_STEER, *_DRILL, *_INCIDENT, *_EMERGENCY, *_LOOK_AFTER, *_TERMINAL)

# Words of the command language without code in this version; they get a clear answer instead of a guess.
UNAVAILABLE = (
    "release", "release status", "release promote", "release rollback",
    "deploy", "failover --all",
)  # fmt: skip

"""Every command of this version, in the order in which help lists them."""

from commands.deploy_table import DEPLOY
from commands.programs_table import PROGRAMS
from commands.registry import Command, Kind, Needs, Param

_REGION = Param("region", Kind.REGION, "the region to go to", required=True)
_APP = Param("application", Kind.APPLICATION, "only this application", metavar="APP")
_ONE_APP = Param(
    "application", Kind.APPLICATION, "which application; may be left out where there is only one",
    required=True, implied=True, metavar="APP",
)  # fmt: skip
_REQUEST = Param("request", Kind.REQUEST, "the request's id, or an evacuation's for all of it", required=True)
_FORCED = Param("forced", Kind.FLAG, "the active region is lost: data may be lost with it", option=True)
_OVERRIDE = Param(
    "override", Kind.WORD, "go on in spite of the finding with this code; repeatable",
    option=True, repeatable=True, metavar="CODE",
)  # fmt: skip
_FROM = Param(
    "from", Kind.WORD, "the region to leave; only where it is not plain: every region serves, or two write",
    option=True, metavar="REGION",
)  # fmt: skip
_ALL = Param("all", Kind.FLAG, "every application of the region that is left, in waves; one decision", option=True)
_ROUND = Param("round", Kind.NUMBER, "only if this round is still the present one", option=True)
_ONLY = Param(
    "only", Kind.WORD, "of an evacuation: the application of this request, and no other; repeatable",
    option=True, repeatable=True, metavar="REQUEST",
)  # fmt: skip
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
        "evacuation", "a region that is left with everything in it: where each application is, what stays and why",
        "commands.evacuation",
        (Param("id", Kind.WORD, "the evacuation's id; the newest where it is left out", metavar="ID"),),
        ("evacuation", "evacuation ev-7k2m9qpd"), function="show",
    ),
    Command(
        "run show", "one run: its steps, RTO by segment, and loss", "commands.run",
        (Param("run", Kind.RUN, "the run's id, or its request's", required=True),), ("run show run-7k2m9qpd",),
        function="show",
    ),
)  # fmt: skip

_ACT = (
    Command(
        "plan", "what a failover would do, its findings and estimate; changes nothing", "commands.plan",
        (_REGION, _ONE_APP, _ALL, _FORCED, _FROM, _OVERRIDE),
        ("plan {region}", "plan {region} {app} --forced", "plan {region} --all"),
        group="Fail over",
    ),
    Command(
        "failover", "ask for a failover to a region; others must approve it", "commands.failover",
        (
            _REGION, _ONE_APP, _ALL, _FORCED, _FROM, _reason("why, for those who must approve"), _OVERRIDE,
        ),
        (
            "failover {region}", 'failover {region} {app} --forced --reason "{primary} unreachable"',
            'failover {region} --all --forced --reason "{primary} unreachable"',
        ),
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
        (_REQUEST, _ROUND, _ONLY, _ACCEPT_LOSS),
        ("approve r-7k2m9qpd", "approve r-7k2m9qpd --accept-loss 900"),
        needs=Needs.APPROVER, operation=True, group="Decide",
    ),
    Command(
        "deny", "end a request", "commands.deny",
        (_REQUEST, _ROUND, _reason("why, for the one who asked", required=True)),
        ('deny r-7k2m9qpd --reason "the region is back"',),
        needs=Needs.APPROVER, operation=True, group="Decide",
    ),
    Command(
        "cancel", "withdraw a request", "commands.cancel", (_REQUEST, _ROUND), ("cancel r-7k2m9qpd",),
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

_WITHOUT = Param(
    "without", Kind.WORD, "leave out this region, which does not answer; repeatable", option=True, repeatable=True,
    metavar="REGION",
)  # fmt: skip
_CONFIRMED = Param("confirm", Kind.FLAG, "what would be done was seen, and is meant", option=True)
_RELEASE = (
    Command(
        "release status", "which colour serves in each region, whether artifacts are equal, and the last releases",
        "commands.release", (_APP,), ("release status", "release status {app}"), function="run_status",
        group="Release",
    ),
    Command(
        "release promote", "move every region to the other colour, or none; it has to answer well everywhere first",
        "commands.release",
        (
            _ONE_APP,
            Param("to", Kind.WORD, "the colour; the one that does not serve, when it is left out", option=True,
                  metavar="COLOUR"),
            _WITHOUT, _OVERRIDE, _CONFIRMED,
        ),
        ("release promote {app}", "release promote {app} --to green --confirm"),
        function="run_promote", needs=Needs.APPROVER, operation=True, group="Release",
    ),
    Command(
        "release rollback", "move every region back to the colour that served before, or none", "commands.release",
        (
            _ONE_APP,
            Param("to", Kind.WORD, "the colour that served before; refused where it is another one by now", option=True,
                  metavar="COLOUR"),
            _WITHOUT, _OVERRIDE, _CONFIRMED,
        ),
        ("release rollback {app}", "release rollback {app} --to blue --confirm"),
        function="run_rollback", needs=Needs.APPROVER, operation=True, group="Release",
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
            Param("request", Kind.REQUEST, "the request's id", required=True),
            _reason("why nobody could be waited for", required=True),
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

COMMANDS = (*_SEE, *_ACT, *_STEER, *_DRILL, *_RELEASE, *_INCIDENT, *_EMERGENCY, *_LOOK_AFTER, *PROGRAMS, *DEPLOY)

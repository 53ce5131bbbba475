"""The sandbox's own API: what the page and tests do as people in Slack, and with the world."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sandbox.body import BadRequestError, body_of
from bot.sandbox.faults import Faults, Wanted, WorldPort
from bot.sandbox.slack.interactions import InteractionError, SlackIsDownError
from bot.sandbox.slack.records import BOT_USER_ID, Json, Message, User, View
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.stream import Pulse, Stream

Endpoint = Callable[[Request], Any]


class SandboxApi:
    """Everything under /api."""

    def __init__(
        self,
        slack: LocalSlack,
        world: WorldPort,
        faults: Faults,
        *,
        missing: Callable[[], list[str]],
        states: Callable[[], dict[str, str]],
        speed: float,
        told: Callable[[], Json] = dict,
    ) -> None:
        self._slack = slack
        self._world = world
        self._faults = faults
        self._missing = missing
        self._states = states
        self._told = told
        self._speed = speed
        self.stream = Stream()
        self.pulse = Pulse(self.stream, self._state)
        slack.desk.workspace.listen(self.stream.tell)

    def routes(self) -> list[Route]:
        """What the server mounts."""
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/api/ready", self.ready),
            ("GET", "/api/channels/{channel}/messages", self.messages),
            ("POST", "/api/commands", self.command),
            ("POST", "/api/actions", self.action),
            ("POST", "/api/views", self.submit),
            ("POST", "/api/views/{view}/close", self.close_view),
            ("GET", "/api/views/{user}", self.views),
            ("GET", "/api/home/{user}", self.home),
            ("GET", "/api/people", self.people),
            ("GET", "/api/world", self.world),
            ("GET", "/api/world/calls", self.calls),
            ("GET", "/api/world/permissions", self.permissions),
            ("GET", "/api/faults", self.list_faults),
            ("POST", "/api/faults", self.add_fault),
            ("DELETE", "/api/faults", self.remove_fault),
            ("DELETE", "/api/faults/{fault}", self.remove_fault),
            ("POST", "/api/speed", self.speed),
            ("GET", "/api/stream", self.events),
            ("GET", "/archives/{channel}/{message}", self.archive),
        ]
        return [Route(path, guarded(endpoint), methods=[method]) for method, path, endpoint in table]

    # -- Slack, as a person ---------------------------------------------------------------------------------------

    async def messages(self, request: Request) -> Response:
        """The messages of a channel, all of them or as `?user=` sees them."""
        channel, viewer = request.path_params["channel"], request.query_params.get("user")
        if channel not in self._slack.desk.workspace.channels:
            raise BadRequestError(f"there is no channel {channel}; GET /api/people lists them")
        found = self._slack.desk.workspace.messages(channel, viewer)
        return JSONResponse({"messages": [message_json(message) for message in found]})

    async def command(self, request: Request) -> Response:
        """Type into the message box."""
        body = await body_of(request)
        view = await self._slack.people.type_text(body.text("user"), body.text("channel"), body.text("text"))
        return JSONResponse({"view": view_json(view)})

    async def action(self, request: Request) -> Response:
        """Press a button or choose from a menu, in a message or, with `view_id`, in a modal or Home."""
        body = await body_of(request)
        user, action, value, view_id = (
            body.text("user"),
            body.text("action_id"),
            body.any("value"),
            body.optional_text("view_id"),
        )
        if view_id is not None:
            view = await self._slack.people.press_in_view(user, view_id, action, value, body.nested("values"))
        else:
            view = await self._slack.people.press(user, body.text("channel"), body.text("ts"), action, value)
        return JSONResponse({"view": view_json(view)})

    async def submit(self, request: Request) -> Response:
        """Send a modal."""
        body = await body_of(request)
        done = await self._slack.people.submit(body.text("user"), body.text("view_id"), body.nested("values"))
        return JSONResponse({"errors": done.errors, "view": view_json(done.view)})

    async def close_view(self, request: Request) -> Response:
        """Close a modal without sending it."""
        body = await body_of(request)
        whole = body.any("whole_stack") is True
        await self._slack.people.close(body.text("user"), request.path_params["view"], whole_stack=whole)
        return JSONResponse({})

    async def views(self, request: Request) -> Response:
        """The modals a person has open, the visible one last."""
        stack = self._slack.desk.views.stack(request.path_params["user"])
        return JSONResponse({"views": [view.as_json() for view in stack]})

    async def home(self, request: Request) -> Response:
        """Open somebody's App Home, or with `?open=no` only look at what is published."""
        user = request.path_params["user"]
        if request.query_params.get("open") == "no":
            view = self._slack.desk.views.home(user)
        else:
            view = await self._slack.people.open_home(user)
        return JSONResponse({"view": view_json(view)})

    async def people(self, request: Request) -> Response:
        """Everybody, with groups and channels."""
        workspace = self._slack.desk.workspace
        groups = [group.as_json() for group in workspace.groups.values()]
        people = [
            person_json(user, [one["id"] for one in groups if user.id in one["users"]])
            for user in workspace.users.values()
        ]
        channels = [
            {
                **channel.as_json(),
                "name": channel.name,
                "members": channel.members,
                "bookmarks": workspace.bookmarks.get(channel.id, []),
            }
            for channel in workspace.channels.values()
        ]
        return JSONResponse({"people": people, "groups": groups, "channels": channels, "bot": BOT_USER_ID})

    # -- the world ------------------------------------------------------------------------------------------------

    def _state(self) -> Json:
        world = {key: value for key, value in self._world.snapshot().items() if key != "now"}
        return {
            "world": world,
            "faults": self._faults.all(),
            "processes": self._states(),
            "speed": self._speed,
            "told": self._told(),
        }

    async def ready(self, request: Request) -> Response:
        """200 when all processes are; before, 503 with what is missing."""
        missing = self._missing()
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    async def world(self, request: Request) -> Response:
        """The truth."""
        return JSONResponse(await asyncio.to_thread(self._world.snapshot))

    async def calls(self, request: Request) -> Response:
        """Every mutating AWS call."""
        return JSONResponse({"calls": await asyncio.to_thread(self._world.calls)})

    async def permissions(self, request: Request) -> Response:
        """What policies let through and refused, where they are enforced."""
        return JSONResponse(await asyncio.to_thread(self._world.permissions))

    async def list_faults(self, request: Request) -> Response:
        """What is broken now."""
        return JSONResponse({"faults": await asyncio.to_thread(self._faults.all)})

    async def add_fault(self, request: Request) -> Response:
        """Break something."""
        body = await body_of(request)
        wanted = Wanted(
            kind=body.text("kind"),
            region=body.optional_text("region"),
            service=body.optional_text("service"),
            operation=body.optional_text("operation"),
            value=body.any("value"),
            for_s=body.optional_positive("for_s"),
        )
        try:
            fault_id = await self._faults.add(wanted)
        except (ValueError, TypeError) as error:
            raise BadRequestError(str(error)) from error
        self.pulse.wake()
        return JSONResponse({"id": fault_id})

    async def remove_fault(self, request: Request) -> Response:
        """Mend one thing or everything."""
        fault_id = request.path_params.get("fault")
        if not await self._faults.remove(fault_id):
            raise BadRequestError(f"there is no fault {fault_id}; GET /api/faults lists them")
        self.pulse.wake()
        return JSONResponse({})

    async def speed(self, request: Request) -> Response:
        """How many times faster simulated services are."""
        speed = (await body_of(request)).positive("speed")
        await asyncio.to_thread(self._world.set_speed, speed)
        self._speed = speed
        self.pulse.wake()
        return JSONResponse({"speed": speed})

    async def events(self, request: Request) -> Response:
        """Server-sent events, the world's state first."""
        return self.stream.response(await self.pulse.state())

    async def archive(self, request: Request) -> Response:
        """A permalink: the page, at that message."""
        return RedirectResponse(f"/#{request.path_params['channel']}/{request.path_params['message']}")


def guarded(endpoint: Endpoint) -> Endpoint:
    """Bad input becomes 400 with one clear sentence."""

    async def answer(request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except SlackIsDownError as error:
            return JSONResponse({"error": str(error)}, status_code=503)
        except (BadRequestError, InteractionError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return response

    return answer


def message_json(message: Message) -> Json:
    """A message as the contract shows it, and what the page draws besides."""
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "ephemeral_to": message.ephemeral_to,
        "edited": message.edited_ts is not None,
        "broadcast": message.broadcast,
        "files": message.files,
        "reactions": message.reactions,
        "pinned": message.pinned,
    }


def view_json(view: View | None) -> Json | None:
    """A view as Slack shows it to the app."""
    return None if view is None else view.as_json()


def person_json(user: User, groups: list[str]) -> Json:
    """A person with the ids of their groups."""
    return {
        "id": user.id,
        "name": user.real_name,
        "handle": user.handle,
        "is_bot": user.is_bot,
        "deleted": user.deleted,
        "guest": user.is_restricted or user.is_ultra_restricted,
        "groups": groups,
    }

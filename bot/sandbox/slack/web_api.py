"""The Web API over HTTP: token, scope, faults, then the method; and response_url hooks and uploads."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.slack import (
    chat_methods,
    conversation_methods,
    directory_methods,
    file_methods,
    mark_methods,
    view_methods,
)
from bot.sandbox.slack.arguments import Arguments, arguments_of, multipart
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.faults import SlackFaultKind
from bot.sandbox.slack.gestures import Gesture
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Json
from bot.sandbox.slack.refusal import SlackRefusalError

METHODS: dict[str, Method] = {
    **chat_methods.METHODS,
    **conversation_methods.METHODS,
    **directory_methods.METHODS,
    **file_methods.METHODS,
    **mark_methods.METHODS,
    **view_methods.METHODS,
}


class WebApi:
    """The routes under /slack that the bot calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """What the server mounts."""
        return [
            Route("/slack/api/{method}", self.call, methods=["GET", "POST"]),
            Route("/slack/hooks/{hook}", self.respond, methods=["POST"]),
            Route("/slack/upload/{file}", self.upload, methods=["POST", "PUT"]),
            Route("/slack/files/{file}/{name}", self.download, methods=["GET"]),
        ]

    async def call(self, request: Request) -> Response:
        """One Web API call."""
        name = request.path_params["method"]
        broken = self._broken(name)
        if broken is not None:
            return broken
        scopes = ",".join(sorted(self._desk.manifest.bot_scopes))
        try:
            arguments = await arguments_of(request)
            method = METHODS.get(name)
            if method is None:
                raise SlackRefusalError("unknown_method")
            self._authorize(method, request.headers.get("authorization"), arguments)
            body: Json = {"ok": True, **method.run(self._desk, arguments)}
        except SlackRefusalError as refusal:
            body = self._refusal(refusal, METHODS.get(name))
        return JSONResponse(body, headers={"x-oauth-scopes": scopes})

    def _broken(self, name: str) -> Response | None:
        faults = self._desk.faults
        if faults.active(SlackFaultKind.DOWN, name):
            return PlainTextResponse("upstream connect error", status_code=503)
        if faults.active(SlackFaultKind.BROKEN, name):
            return JSONResponse({"ok": False, "error": "internal_error"}, status_code=500)
        throttled = faults.active(SlackFaultKind.THROTTLED, name)
        if throttled is None:
            return None
        wait = str(max(1, round(throttled.value if throttled.value is not None else 1)))
        return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers={"Retry-After": wait})

    def _authorize(self, method: Method, header: str | None, arguments: Arguments) -> None:
        token = header.removeprefix("Bearer ").strip() if header else arguments.text("token")
        tokens = self._desk.tokens
        if not token:
            raise SlackRefusalError("not_authed")
        if token not in (tokens.bot, tokens.app):
            raise SlackRefusalError("invalid_auth")
        if token != (tokens.app if method.app_token else tokens.bot):
            raise SlackRefusalError("not_allowed_token_type")
        held = self._desk.manifest.app_scopes if method.app_token else self._desk.manifest.bot_scopes
        if method.scope is not None and method.scope not in held:
            raise SlackRefusalError("missing_scope")

    def _refusal(self, refusal: SlackRefusalError, method: Method | None) -> Json:
        body: Json = {"ok": False, "error": refusal.code}
        if refusal.reasons:
            body["response_metadata"] = {"messages": refusal.reasons}
        if refusal.code == "missing_scope" and method is not None:
            body |= {"needed": method.scope, "provided": ",".join(sorted(self._desk.manifest.bot_scopes))}
        return body

    # -- response_url ---------------------------------------------------------------------------------------------

    async def respond(self, request: Request) -> Response:
        """A post to a response_url: 404 once it is used up or too old."""
        broken = self._broken("response_url")
        if broken is not None:
            return broken
        try:
            arguments = await arguments_of(request)
            gesture = self._desk.gestures.use_hook(request.path_params["hook"])
            apply_response(self._desk, gesture, arguments)
        except SlackRefusalError as refusal:
            status = 404 if refusal.code in ("used_url", "expired_url") else 400
            return JSONResponse(self._refusal(refusal, None), status_code=status)
        return PlainTextResponse("ok")

    # -- files ----------------------------------------------------------------------------------------------------

    async def upload(self, request: Request) -> Response:
        """The bytes of a file, raw or as a multipart form."""
        stored = self._desk.workspace.files.get(request.path_params["file"])
        if stored is None:
            return PlainTextResponse("not found", status_code=404)
        stored.content = await _bytes_of(request)
        stored.length = len(stored.content)
        return PlainTextResponse(f"OK - {stored.length}")

    async def download(self, request: Request) -> Response:
        """The bytes again, for the page."""
        stored = self._desk.workspace.files.get(request.path_params["file"])
        if stored is None or stored.content is None:
            return PlainTextResponse("not found", status_code=404)
        return Response(stored.content, media_type=stored.media_type)


def apply_response(desk: Desk, gesture: Gesture, arguments: Arguments) -> None:
    """What a response_url or the payload of an ack asks for: say, replace or delete."""
    workspace = desk.workspace
    source = (
        None
        if gesture.channel is None or gesture.source_ts is None
        else workspace.message(gesture.channel, gesture.source_ts)
    )
    if arguments.flag("delete_original") and source is not None:
        workspace.delete(source)
    elif arguments.flag("replace_original") and source is not None:
        workspace.update(source, chat_methods.content_of(arguments))
    elif gesture.channel is not None:
        only_for = None if arguments.text("response_type") == "in_channel" else gesture.user
        workspace.post(
            workspace.channel(gesture.channel),
            BOT_USER_ID,
            chat_methods.content_of(arguments),
            thread_ts=arguments.text("thread_ts") or gesture.thread_ts,
            ephemeral_to=only_for,
        )
    gesture.was_answered()


async def _bytes_of(request: Request) -> bytes:
    body, media_type = await request.body(), request.headers.get("content-type", "")
    if not media_type.startswith("multipart/"):
        return body
    return next(iter(multipart(media_type, body).values()), b"")

"""files.*: the two calls around an upload."""

import mimetypes
from typing import Any

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Json, StoredFile
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.workspace import Content

LARGEST = 50 * 1024 * 1024


def upload_url(desk: Desk, arguments: Arguments) -> Json:
    """files.getUploadURLExternal."""
    name, length = arguments.required("filename"), arguments.required("length")
    if not length.isdigit() or not 0 < int(length) <= LARGEST:
        raise SlackRefusalError("invalid_arguments", ["[ERROR] length must be a number of bytes, at least 1"])
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file_id = desk.workspace.next_id("F")
    alt_text = arguments.text("alt_txt") or ""
    desk.workspace.files[file_id] = StoredFile(file_id, name, int(length), alt_text=alt_text, media_type=media_type)
    return {"upload_url": f"{desk.base_url}/slack/upload/{file_id}", "file_id": file_id}


def file_json(desk: Desk, stored: StoredFile) -> Json:
    """A file as messages carry it."""
    return {
        "id": stored.id,
        "name": stored.name,
        "title": stored.title or stored.name,
        "mimetype": stored.media_type,
        "size": stored.length,
        "alt_txt": stored.alt_text,
        "url_private": f"{desk.base_url}/slack/files/{stored.id}/{stored.name}",
        "permalink": f"{desk.base_url}/slack/files/{stored.id}/{stored.name}",
    }


def complete_upload(desk: Desk, arguments: Arguments) -> Json:
    """files.completeUploadExternal: the uploaded files become a message where a channel is named."""
    named: Any = arguments.structure("files")
    if not isinstance(named, list) or not named:
        raise SlackRefusalError("invalid_arguments", ["[ERROR] missing required field: files [json-pointer:/files]"])
    files = []
    for one in named:
        stored = desk.workspace.files.get(one.get("id", ""))
        if stored is None or stored.content is None:
            raise SlackRefusalError("file_not_found")
        stored.title = one.get("title") or stored.title
        files.append(file_json(desk, stored))
    places = arguments.ids("channels") or arguments.ids("channel_id")
    for place in places:
        channel = desk.workspace.joined(place)
        content = Content(arguments.text("initial_comment") or "", files=files)
        desk.workspace.post(channel, BOT_USER_ID, content, thread_ts=arguments.text("thread_ts"))
    return {"files": files}


METHODS = {
    "files.getUploadURLExternal": Method(upload_url, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, "files:write"),
}

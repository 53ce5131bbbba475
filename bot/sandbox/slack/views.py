"""Modals in their stacks (three deep) and Home tabs, by person."""

import secrets

from bot.sandbox.slack.blocks import view_problems
from bot.sandbox.slack.forms import initial_state, kept_state
from bot.sandbox.slack.records import Json, View
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.workspace import Workspace, give_ids

DEEPEST = 3


class Views:
    """What each person has open, and what each Home shows."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """The person's modals, the visible one last."""
        return list(self._stacks.get(user, []))

    def home(self, user: str) -> View | None:
        """The Home as last published."""
        return self._homes.get(user)

    def find(self, view_id: str) -> View:
        """An open modal by id, or `not_found`."""
        for stack in self._stacks.values():
            for view in stack:
                if view.id == view_id:
                    return view
        raise SlackRefusalError("not_found")

    def open(self, user: str, body: Json) -> View:
        """A new modal; it takes the place of what the person had open."""
        refuse_wrong(body, "modal")
        made = self._new(user, body)
        self._stacks[user] = [made]
        self._told(user)
        return made

    def push(self, user: str, body: Json) -> View:
        """A modal on top, or `push_limit_reached`."""
        stack = self._stacks.get(user, [])
        if not stack:
            raise SlackRefusalError("not_found")
        if len(stack) >= DEEPEST:
            raise SlackRefusalError("push_limit_reached")
        refuse_wrong(body, "modal")
        made = self._new(user, body, below=stack[-1])
        stack.append(made)
        self._told(user)
        return made

    def update(self, view: View, body: Json, *, known_hash: str | None = None) -> View:
        """Another content for the same modal; typed values stay where the ids stay."""
        if known_hash is not None and known_hash != view.hash:
            raise SlackRefusalError("hash_conflict")
        refuse_wrong(body, "modal")
        view.body = self._numbered(body)
        view.state = kept_state(view.body["blocks"], view.state)
        view.hash = _new_hash()
        self._told(view.user)
        return view

    def close(self, view: View, *, whole_stack: bool = False) -> list[View]:
        """The person or the bot closes it; answers what closed, the top first."""
        stack = self._stacks.get(view.user, [])
        keep = 0 if whole_stack else stack.index(view)
        closed = stack[keep:][::-1]
        self._stacks[view.user] = stack[:keep]
        self._told(view.user)
        return closed

    def publish(self, user: str, body: Json, *, known_hash: str | None = None) -> View:
        """Show this on the person's Home."""
        self._workspace.user(user)
        refuse_wrong(body, "home")
        former = self._homes.get(user)
        if known_hash is not None and former is not None and known_hash != former.hash:
            raise SlackRefusalError("hash_conflict")
        made = self._new(user, body)
        if former is not None:
            made.id = made.root_id = former.id
        self._homes[user] = made
        self._workspace.tell({"type": "home", "user": user})
        return made

    def _new(self, user: str, body: Json, below: View | None = None) -> View:
        view_id = self._workspace.next_id("V")
        numbered = self._numbered(body)
        root_id, previous_id = (below.root_id, below.id) if below else (view_id, None)
        return View(view_id, user, numbered, _new_hash(), root_id, previous_id, initial_state(numbered["blocks"]))

    def _numbered(self, body: Json) -> Json:
        return {**body, "blocks": give_ids(body["blocks"], self._workspace.next_id)}

    def _told(self, user: str) -> None:
        self._workspace.tell({"type": "views", "user": user})


def refuse_wrong(body: Json, kind: str) -> None:
    """`invalid_arguments` with the reasons when the view is not one that Slack shows."""
    wrong = view_problems(body)
    if not wrong and body["type"] != kind:
        wrong = [f"[ERROR] must be a {kind} view [json-pointer:/view/type]"]
    if wrong:
        raise SlackRefusalError("invalid_arguments", wrong)


def _new_hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"

"""Conversations over HTTP: lists, threads, replies, notes, drafts, files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection
from starlette.background import BackgroundTask
from starlette.responses import Response

from hub.agents.access import Reach
from hub.agents.asking import Asked, may
from hub.agents.model import Agent
from hub.conversations import service, store
from hub.conversations.files import file_response, keep_file
from hub.conversations.model import Conversation
from hub.conversations.service import NoSuchConversation, NoSuchMessage, is_within_reach
from hub.conversations.views import ConversationView, DraftView, MessageView, UploadView
from hub.kernel.crashpoint import crashpoint
from hub.kernel.errors import NotFound
from hub.storage.unit import Unit
from hub.web.paging import Cursor, Limit, Page, cursor_of, place_of

routes = APIRouter(tags=["conversations"])

View = Literal["mine", "waiting", "all"]
Ids = Annotated[list[str], Field(max_length=20)]


class Body(BaseModel):
    """What requests have in common: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class ReplyBody(Body):
    text: str = Field(max_length=service.TEXT_MOST)
    attachments: Ids = []
    seen_ordinal: int | None = Field(None, ge=0, lt=1 << 31)
    subject: str | None = Field(None, max_length=500)


class NoteBody(Body):
    text: str = Field(max_length=service.TEXT_MOST)
    attachments: Ids = []


class DraftBody(Body):
    text: str = Field(max_length=service.TEXT_MOST)
    attachments: Ids = []
    if_rev: int | None = Field(None, ge=0, lt=1 << 31)


class ReadBody(Body):
    ordinal: int = Field(ge=0, lt=1 << 31)


class EndBody(Body):
    disposition: str | None = Field(None, max_length=100)


class NoSuchAttachment(NotFound):
    """There is no such file."""


def reach_of(asked: Asked) -> ColumnElement[bool]:
    """The rows whoever asks may see."""
    return within(asked.agent, asked.reach)


def within(agent: Agent, reach: Reach) -> ColumnElement[bool]:
    return store.within_reach(agent.id, None if reach is Reach.ALL else agent.queues)


def seen(
    connection: Connection,
    conversation_id: str,
    asked: Asked,
    otherwise: type[NotFound] = NoSuchConversation,
) -> Conversation:
    """The conversation, for whoever may see it; for others ``otherwise``, as if what they named
    were not there.
    """
    conversation = store.find(connection, conversation_id)
    if conversation is None or (
        asked.reach is Reach.OWN and not is_within_reach(asked.agent, conversation)
    ):
        raise otherwise
    return conversation


@routes.get("/conversations")
async def list_conversations(
    asked: Annotated[Asked, may("conversation.read")],
    view: View = "all",
    status: Literal["open", "ended"] | None = None,
    queue_id: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ConversationView]:
    """A view: *all* and *mine* by last activity, *waiting* with the longest wait first."""
    after = place_of(cursor, int, str)
    where = [reach_of(asked), store.in_view(view, asked.agent.id)]
    if status is not None:
        where.append(store.conversations.c.status == status)
    if queue_id is not None:
        where.append(store.conversations.c.queue_id == queue_id)
    if q and q.strip():
        where.append(store.matching(q.strip()))
    oldest_first = view == "waiting"
    found = await asked.read(
        store.listed, *where, limit=limit + 1, after=after, oldest_first=oldest_first
    )
    items, more = found[:limit], len(found) > limit
    following = cursor_of(*store.place_in_list(items[-1], oldest_first)) if more else None
    return Page([ConversationView.of(conversation) for conversation in items], following)


@routes.get("/conversations/{conversation_id}")
async def get_conversation(
    conversation_id: str, asked: Annotated[Asked, may("conversation.read")]
) -> ConversationView:
    """One conversation."""
    return ConversationView.of(await asked.read(seen, conversation_id, asked))


@routes.get("/conversations/{conversation_id}/messages")
async def list_messages(
    conversation_id: str,
    asked: Annotated[Asked, may("conversation.read")],
    before: Annotated[int, Query(ge=1, lt=1 << 31)] = (1 << 31) - 1,
    limit: Limit = 50,
) -> Page[MessageView]:
    """A page of the thread, oldest first: the newest messages below the ordinal ``before``."""

    def query(connection: Connection) -> Page[MessageView]:
        seen(connection, conversation_id, asked)
        found = store.thread(connection, conversation_id, before, limit + 1)
        items = found[-limit:]
        following = str(items[0].ordinal) if len(found) > limit else None
        return Page([MessageView.of(message) for message in items], following)

    return await asked.read(query)


@routes.get("/conversations/{conversation_id}/drafts")
async def list_drafts(
    conversation_id: str, asked: Annotated[Asked, may("draft.write")]
) -> Page[DraftView]:
    """My unsent words in this conversation."""

    def query(connection: Connection) -> Page[DraftView]:
        seen(connection, conversation_id, asked)
        rows = store.drafts_of(connection, asked.agent.id, conversation_id)
        return Page([service.draft_of(row) for row in rows], None)

    return await asked.read(query)


@routes.put("/conversations/{conversation_id}/drafts/{mode}", response_model=DraftView)
async def put_draft(
    conversation_id: str,
    mode: Literal["reply", "note"],
    body: DraftBody,
    asked: Annotated[Asked, may("draft.write")],
) -> Response:
    """Keep unsent words. 409 `stale_rev` with `current` when another device was faster."""

    def work(unit: Unit) -> DraftView:
        service.get_for(unit, conversation_id, asked.agent, "draft.write")
        return service.save_draft(
            unit,
            conversation_id,
            mode,
            body.text,
            body.attachments,
            by=asked.agent,
            if_rev=body.if_rev,
        )

    return await asked.change(work)


@routes.post(
    "/conversations/{conversation_id}/replies", response_model=MessageView, status_code=201
)
async def reply(
    conversation_id: str, body: ReplyBody, asked: Annotated[Asked, may("conversation.reply")]
) -> Response:
    """Answer the customer. 409 `colleague_replied` when another agent wrote after
    `seen_ordinal`.
    """
    crashpoint("OUT1")
    answer = await asked.change(
        service.reply,
        conversation_id,
        body.text,
        by=asked.agent,
        uploads=body.attachments,
        seen_ordinal=body.seen_ordinal,
        subject=body.subject,
        status=201,
    )
    answer.background = BackgroundTask(crashpoint, "OUT3")
    return answer


@routes.post("/conversations/{conversation_id}/notes", response_model=MessageView, status_code=201)
async def note(
    conversation_id: str, body: NoteBody, asked: Annotated[Asked, may("conversation.note")]
) -> Response:
    """Write an internal note."""
    return await asked.change(
        service.note,
        conversation_id,
        body.text,
        by=asked.agent,
        uploads=body.attachments,
        status=201,
    )


@routes.post("/conversations/{conversation_id}/read", response_model=ConversationView)
async def mark_read(
    conversation_id: str, body: ReadBody, asked: Annotated[Asked, may("conversation.read")]
) -> Response:
    """Everything up to this ordinal has been seen."""
    return await asked.change(service.mark_read, conversation_id, body.ordinal, by=asked.agent)


@routes.post("/conversations/{conversation_id}/end", response_model=ConversationView)
async def end(
    conversation_id: str, body: EndBody, asked: Annotated[Asked, may("conversation.end")]
) -> Response:
    """End a conversation."""
    return await asked.change(
        service.end_for, conversation_id, by=asked.agent, disposition=body.disposition
    )


@routes.post("/conversations/{conversation_id}/reopen", response_model=ConversationView)
async def reopen(
    conversation_id: str, asked: Annotated[Asked, may("conversation.end")]
) -> Response:
    """Open an ended conversation again."""
    return await asked.change(service.reopen, conversation_id, by=asked.agent)


@routes.post("/messages/{message_id}/retry", response_model=MessageView)
async def retry(message_id: str, asked: Annotated[Asked, may("conversation.reply")]) -> Response:
    """Send a failed or unknown message again."""
    return await asked.change(service.retry, message_id, by=asked.agent)


@routes.get("/messages/{message_id}/raw")
async def raw(message_id: str, asked: Annotated[Asked, may("raw.read")]) -> Response:
    """The message as it came, to be downloaded."""

    def query(connection: Connection) -> str:
        message = store.find_message(connection, message_id)
        if message is None or message.raw is None:
            raise NoSuchMessage
        seen(connection, message.conversation_id, asked, NoSuchMessage)
        return message.raw

    content = await asked.parts.blobs.get(await asked.read(query))
    headers = {"content-disposition": f'attachment; filename="{message_id}.eml"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


@routes.post("/uploads", status_code=201)
async def upload(file: UploadFile, asked: Annotated[Asked, may("upload")]) -> UploadView:
    """Keep a file, to be attached to a message within a day."""
    content = await file.read()
    kept = await keep_file(
        asked.parts.blobs, file.filename or "file", file.content_type or "", content, asked.now
    )
    await asked.database.write(lambda unit: service.keep_upload(unit, asked.agent.actor, kept))
    return UploadView(kept.id, kept.name, kept.size, kept.media_type)


@routes.get("/attachments/{attachment_id}")
async def attachment(
    attachment_id: str,
    asked: Annotated[Asked, may("attachment.read")],
    inline: bool = False,
) -> Response:
    """A file; harmless pictures may be shown with `?inline=1`."""

    def query(connection: Connection) -> Any:
        found = store.find_attachment(connection, attachment_id)
        if found is None:
            raise NoSuchAttachment
        seen(connection, found[0], asked, NoSuchAttachment)
        return found[1]

    kept = await asked.read(query)
    return file_response(kept, await asked.parts.blobs.get(kept.digest), inline=inline)

"""What can be done with tickets: open, change, link, and reopen when the customer writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from hub.agents import store as agents
from hub.agents.model import Agent
from hub.conversations import service as conversations
from hub.customers import store as customers
from hub.kernel.errors import Conflict, Fault, Invalid, NotFound
from hub.kernel.events import Change
from hub.kernel.ids import AgentId, ConversationId, CustomerId, TicketId
from hub.storage.sql import next_numbers
from hub.storage.unit import Unit
from hub.tickets import store
from hub.tickets.events import (
    ConversationLinked,
    ConversationUnlinked,
    TicketChanged,
    TicketOpened,
)
from hub.tickets.lifecycle import after_assigning, after_customer_wrote, may_become, stamped
from hub.tickets.model import Priority, Status, Ticket, TicketView

LINKS_MOST = 200


class NoSuchTicket(NotFound):
    """There is no such ticket."""


class StaleRev(Conflict):
    """Somebody else changed this ticket meanwhile."""

    code = "stale_rev"


class CannotBecome(Conflict):
    """A ticket cannot go from this status to that one."""

    code = "cannot_become"


class TicketClosed(Conflict):
    """This ticket is closed. Open another one."""

    code = "ticket_closed"


class AlreadyLinked(Conflict):
    """This conversation belongs to the ticket already."""

    code = "already_linked"


class TooManyLinks(Conflict):
    """No more conversations can be linked to this ticket."""

    code = "too_many_links"


def get(unit: Unit, ticket_id: str) -> Ticket:
    ticket = store.find(unit.connection, ticket_id, lock=True)
    if ticket is None:
        raise NoSuchTicket
    return ticket


# -- opening --------------------------------------------------------------------------------------


def open_ticket(
    unit: Unit,
    *,
    by: Agent,
    subject: str,
    conversation_id: str | None = None,
    requester_id: str | None = None,
    priority: Priority = Priority.NORMAL,
    assignee_id: str | None = None,
) -> TicketView:
    """Open a ticket for the customer of a conversation, or for the requester named.

    With an assignee it is *open* at once, else *new*.
    """
    conversation = None
    if conversation_id is not None:
        conversation = conversations.get_for(unit, conversation_id, by, "conversation.read")
        requester_id = requester_id or conversation.customer_id
    customer_id, name = _requester(unit, requester_id)
    assignee = _assignee(unit, assignee_id)
    ticket = Ticket(
        id=TicketId(unit.new_id()),
        rev=1,
        number=next_numbers(unit.connection, "ticket", 1)[0],
        subject=_subject(subject),
        status=Status.NEW if assignee is None else after_assigning(Status.NEW),
        priority=priority,
        requester_id=customer_id,
        requester_name=name,
        assignee_id=assignee,
        created_at=unit.now,
        updated_at=unit.now,
        conversation_ids=() if conversation is None else (conversation.id,),
    )
    store.insert(unit, ticket)
    view = TicketView.of(ticket)
    unit.announce(
        TicketOpened(
            at=unit.now,
            actor=by.actor,
            ticket_id=ticket.id,
            customer_id=ticket.requester_id,
            conversation_id=None if conversation is None else conversation.id,
            number=ticket.number,
            changes=(Change("ticket", ticket.id, 1, full=msgspec.to_builtins(view)),),
        )
    )
    if conversation is not None:
        _link(unit, ticket, conversation.id, (), by)
    return view


def _subject(subject: str) -> str:
    words = " ".join(subject.split())
    if not words:
        raise Invalid("a ticket needs a subject", Fault("/subject", "say what is to be solved"))
    return words


def _requester(unit: Unit, customer_id: str | None) -> tuple[CustomerId, str]:
    if customer_id is None:
        raise Invalid(
            "whose ticket is it?", Fault("/requester_id", "give this or a conversation_id")
        )
    customer = customers.find(unit.connection, customer_id)
    if customer is None:
        raise Invalid("there is no such customer", Fault("/requester_id", "no such customer"))
    return customer.id, customer.name


def _assignee(unit: Unit, agent_id: str | None) -> AgentId | None:
    if agent_id is None:
        return None
    agent = agents.find(unit.connection, agent_id)
    if agent is None or agent.disabled:
        raise Invalid("there is no such agent", Fault("/assignee_id", "no such agent"))
    return agent.id


# -- changing -------------------------------------------------------------------------------------


def change_ticket(
    unit: Unit, ticket_id: str, changes: Mapping[str, Any], *, if_rev: int, by: Agent
) -> TicketView:
    """Change status, priority, assignee_id or subject.

    ``StaleRev`` when the ticket is not at ``if_rev`` any more, ``CannotBecome`` when that status
    may not follow, ``TicketClosed`` when nothing may. Assigning a *new* ticket opens it.
    """
    before = get(unit, ticket_id)
    if before.rev != if_rev:
        raise StaleRev(current=msgspec.to_builtins(TicketView.of(before)))
    _refuse_closed(before)
    wanted = dict(changes)
    if "subject" in wanted:
        wanted["subject"] = _subject(wanted["subject"])
    if "assignee_id" in wanted:
        wanted["assignee_id"] = _assignee(unit, wanted["assignee_id"])
        if wanted["assignee_id"] is not None:
            wanted.setdefault("status", after_assigning(before.status))
    status = wanted.get("status", before.status)
    if not may_become(before.status, status):
        raise CannotBecome(**{"from": before.status.value, "to": status.value})
    after = replace(before, **wanted)
    if after == before:
        return TicketView.of(before)
    after = stamped(before, after, unit.now)
    store.save(unit, [after])
    if after.subject != before.subject:
        store.save_subject(unit, after)
    _tell(unit, before, after, why="agent", actor=by.actor)
    return TicketView.of(after)


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.status is Status.CLOSED:
        raise TicketClosed


def _tell(unit: Unit, before: Ticket, after: Ticket, *, why: str, actor: str) -> None:
    old, new = (msgspec.to_builtins(TicketView.of(ticket)) for ticket in (before, after))
    patch = {name: new[name] for name in new if new[name] != old[name] and name != "rev"}
    told = ("status", "priority", "assignee_id", "subject")
    unit.announce(
        TicketChanged(
            at=unit.now,
            actor=actor,
            ticket_id=after.id,
            customer_id=after.requester_id,
            assignee_id=after.assignee_id,
            why=why,
            before={name: old[name] for name in told if name in patch},
            after={name: new[name] for name in told if name in patch},
            changes=(Change("ticket", after.id, after.rev, patch=patch),),
        )
    )


# -- linking --------------------------------------------------------------------------------------


def link_conversation(unit: Unit, ticket_id: str, conversation_id: str, *, by: Agent) -> TicketView:
    """Let a conversation belong to a ticket as well. The agent must be able to read it."""
    before = get(unit, ticket_id)
    _refuse_closed(before)
    conversation = conversations.get_for(unit, conversation_id, by, "conversation.read")
    if conversation.id in before.conversation_ids:
        raise AlreadyLinked
    if len(before.conversation_ids) >= LINKS_MOST:
        raise TooManyLinks(most=LINKS_MOST)
    after = replace(
        before,
        rev=before.rev + 1,
        updated_at=unit.now,
        conversation_ids=(*before.conversation_ids, conversation.id),
    )
    store.save(unit, [after])
    _link(unit, after, conversation.id, _links_changed(after), by)
    return TicketView.of(after)


def unlink_conversation(
    unit: Unit, ticket_id: str, conversation_id: str, *, by: Agent
) -> TicketView:
    """Take a conversation off a ticket."""
    before = get(unit, ticket_id)
    _refuse_closed(before)
    conversation = conversations.get_for(unit, conversation_id, by, "conversation.read")
    if conversation.id not in before.conversation_ids:
        raise conversations.NoSuchConversation
    left = tuple(id_ for id_ in before.conversation_ids if id_ != conversation.id)
    after = replace(before, rev=before.rev + 1, updated_at=unit.now, conversation_ids=left)
    store.save(unit, [after])
    store.unlink(unit, after.id, conversation.id)
    unit.announce(
        ConversationUnlinked(
            at=unit.now,
            actor=by.actor,
            ticket_id=after.id,
            customer_id=after.requester_id,
            conversation_id=conversation.id,
            ticket_ids=_tickets_of(unit, conversation.id),
            changes=_links_changed(after),
        )
    )
    return TicketView.of(after)


def _links_changed(ticket: Ticket) -> tuple[Change, ...]:
    patch = {"conversation_ids": list(ticket.conversation_ids), "updated_at": ticket.updated_at}
    return (Change("ticket", ticket.id, ticket.rev, patch=patch),)


def _link(
    unit: Unit,
    ticket: Ticket,
    conversation_id: ConversationId,
    changes: tuple[Change, ...],
    by: Agent,
) -> None:
    store.link(unit, ticket.id, conversation_id)
    unit.announce(
        ConversationLinked(
            at=unit.now,
            actor=by.actor,
            ticket_id=ticket.id,
            customer_id=ticket.requester_id,
            conversation_id=conversation_id,
            ticket_ids=_tickets_of(unit, conversation_id),
            changes=changes,
        )
    )


def _tickets_of(unit: Unit, conversation_id: ConversationId) -> tuple[TicketId, ...]:
    found = store.tickets_of_conversations(unit.connection, [conversation_id])
    return tuple(found.get(conversation_id, ()))


# -- what others' deeds do to tickets -------------------------------------------------------------


def reopen_for(unit: Unit, conversation_ids: Iterable[ConversationId]) -> list[Ticket]:
    """The customer wrote in these conversations: reopen what waited for them or was solved."""
    changed = [
        (ticket, replace(ticket, status=after_customer_wrote(ticket.status)))
        for ticket in store.to_reopen(unit.connection, dict.fromkeys(conversation_ids))
    ]
    changed = [(before, stamped(before, after, unit.now)) for before, after in changed]
    store.save(unit, [after for _, after in changed])
    for before, after in changed:
        actor = f"customer:{after.requester_id}"
        _tell(unit, before, after, why="customer_wrote", actor=actor)
    return [after for _, after in changed]


def rename_requesters(unit: Unit, names: Mapping[CustomerId, str]) -> None:
    """These customers are called something else now."""
    renamed: list[tuple[Ticket, Ticket]] = [
        (ticket, replace(ticket, rev=ticket.rev + 1, requester_name=names[ticket.requester_id]))
        for ticket in store.of_requesters(unit.connection, names)
        if ticket.requester_name != names[ticket.requester_id]
    ]
    store.save(unit, [after for _, after in renamed])
    for before, after in renamed:
        _tell(unit, before, after, why="customer_renamed", actor="hub")

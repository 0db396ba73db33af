"""Bodies of webhooks: used whole, or refused with the place of each fault."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from hub.channels.model import Account
from hub.channels.webhook.parse import BadBody, Body, compose, files, inbound, parse
from hub.conversations.model import Attachment, Outbound
from hub.kernel.clock import MINUTE, Millis
from hub.kernel.errors import Fault
from hub.kernel.ids import AttachmentId, ChannelId, ConversationId, MessageId, QueueId

ACCOUNT = Account(
    id=ChannelId("channel"),
    rev=1,
    kind="webhook",
    key="shop",
    name="Shop",
    queue_id=QueueId("queue"),
    language="zh",
    reply_within=MINUTE,
    enabled=True,
)


def body(**fields: Any) -> bytes:
    given = {"id": "1", "from": {"address": "mia", "name": "Mia"}, "text": "Hello", **fields}
    return msgspec.json.encode({name: value for name, value in given.items() if value is not ...})


def faults(content: bytes) -> dict[str, str]:
    with pytest.raises(BadBody) as refused:
        parse(content)
    return {fault.path: fault.problem for fault in refused.value.faults}


def test_a_body_becomes_a_message() -> None:
    sender = {
        "address": " mia ",
        "name": "Mia",
        "email": "Mia@Example.COM",
        "phone": "+86 138 0013 8000",
    }
    message = inbound(
        ACCOUNT,
        parse(
            body(**{"from": sender}, conversation="order 7", subject="Sofa", language="en", at=5)
        ),
    )

    assert (message.key, message.text, message.subject) == ("1", "Hello", "Sofa")
    assert (message.sender.kind, message.sender.address) == ("webhook", "shop:mia")
    assert message.sender.also == (("email", "mia@example.com"), ("phone", "+8613800138000"))
    assert message.thread_key == "shop:mia/order 7"
    assert (message.language, message.said_at) == ("en", 5)
    assert (message.queue_id, message.reply_within) == ("queue", MINUTE)
    assert message.facts == {"to": "mia", "conversation": "order 7"}


def test_without_a_conversation_all_words_of_a_sender_are_one_thread() -> None:
    first, second = (inbound(ACCOUNT, parse(body(id=id_))) for id_ in "12")

    assert first.thread_key == second.thread_key
    assert first.language == "zh"


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"id": ...}, {"/id"}),
        ({"text": ...}, {"/text"}),
        ({"from": ...}, {"/from"}),
        ({"from": {}}, {"/from/address"}),
        ({"role": "admin"}, {"/role"}),
        ({"__proto__": {}}, {"/__proto__"}),
        ({"a/b~c": 1}, {"/a~1b~0c"}),
        ({"from": {"address": "mia", "verified": True}}, {"/from/verified"}),
        ({"id": {"$ne": None}}, {"/id"}),
        ({"id": None}, {"/id"}),
        ({"id": 7}, {"/id"}),
        ({"id": ""}, {"/id"}),
        ({"id": "x" * 201}, {"/id"}),
        ({"text": ["Hello"]}, {"/text"}),
        ({"text": True}, {"/text"}),
        ({"text": " \n"}, {"/text"}),
        ({"text": "x" * 50_001}, {"/text"}),
        ({"from": "mia"}, {"/from"}),
        ({"from": {"address": 1}}, {"/from/address"}),
        ({"from": {"address": " "}}, {"/from/address"}),
        ({"from": {"address": "mia", "email": "nobody"}}, {"/from/email"}),
        ({"from": {"address": "mia", "phone": "13800138000"}}, {"/from/phone"}),
        ({"type": "delete"}, {"/type"}),
        ({"at": "now"}, {"/at"}),
        ({"at": -1}, {"/at"}),
        ({"at": 1.5}, {"/at"}),
        ({"at": True}, {"/at"}),
        ({"at": 1 << 63}, {"/at"}),
        ({"at": 1 << 53}, {"/at"}),
        ({"language": "fr"}, {"/language"}),
        ({"conversation": ""}, {"/conversation"}),
        ({"conversation": 7}, {"/conversation"}),
        ({"attachments": {}}, {"/attachments"}),
        ({"attachments": [{"name": "a", "content": ""}, {"name": 1}]}, {"/attachments/1/name"}),
        ({"attachments": [{"name": "a"}]}, {"/attachments/0/content"}),
        ({"attachments": [{"name": "a", "content": ""}] * 21}, {"/attachments"}),
        ({"text": "a\x00b"}, {"/text"}),
        ({"from": {"address": "m\x00", "name": "\x00"}}, {"/from/address", "/from/name"}),
        ({"subject": "\x00", "conversation": "\x00"}, {"/subject", "/conversation"}),
        ({"attachments": [{"name": "\x00", "content": ""}]}, {"/attachments/0/name"}),
        ({"id": "", "language": "fr", "type": "x"}, {"/id", "/language", "/type"}),
    ],
)
def test_each_fault_is_named_by_its_place(fields: dict[str, Any], paths: set[str]) -> None:
    found = faults(body(**fields))

    assert set(found) == paths
    assert all(found.values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"id": "1", "id": "2", "from": {"address": "mia"}, "text": "x"}',
        b'{"id": "1", "from": {"address": "mia", "address": "ben"}, "text": "x"}',
        b'{"id": "1", "from": {"address": "mia"}, "text": "\\ud800"}',
        b'{"id": "1", "from": {"address": "mia"}, "text": "x", "at": NaN}',
        b'{"id": "1", "from": {"address": "mia"}, "text": "x", "at": 1e309}',
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"id": "1", "from": {"address": "mia"}, "text": "x"} {}',
    ],
)
def test_what_readers_could_take_in_two_ways_is_refused(content: bytes) -> None:
    assert len(faults(content)) == 1


def read_or_refused(content: bytes) -> Body | tuple[Fault, ...]:
    """The body, or its faults, at least one; anything else that is raised fails the test."""
    try:
        return parse(content)
    except BadBody as refused:
        found = refused.faults
    assert found
    return found


@given(st.binary())
def test_any_bytes_are_used_or_refused(content: bytes) -> None:
    assert read_or_refused(content) is not None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["id", "from", "text", "type", "at", "conversation", "language", "subject", "attachments"]
)


@given(st.dictionaries(fields, json))
def test_any_value_in_any_field_is_used_or_refused(given: dict[str, Any]) -> None:
    read = read_or_refused(body(**given))

    if isinstance(read, Body):
        assert inbound(ACCOUNT, read).key == given.get("id", "1")
    else:
        assert all(not fault.path or fault.path.startswith("/") for fault in read)


@pytest.mark.parametrize("content", ["===", "é", "YQ", "YQ==\n", "Y Q="])
def test_what_is_not_base64_is_refused_by_its_place(content: str) -> None:
    read = parse(
        body(attachments=[{"name": "a", "content": "YQ=="}, {"name": "b", "content": content}])
    )

    with pytest.raises(BadBody) as refused:
        files(read)

    assert [fault.path for fault in refused.value.faults] == ["/attachments/1/content"]


def test_files_come_out_as_they_went_in() -> None:
    told = {
        "name": "发票.pdf",
        "content": base64.b64encode(b"%PDF").decode(),
        "media_type": "application/pdf",
    }

    read = parse(body(text="", attachments=[told, {"name": "", "content": ""}]))

    assert files(read) == [
        ("发票.pdf", "application/pdf", b"%PDF"),
        ("file", "application/octet-stream", b""),
    ]


def test_an_answer_is_told_with_its_thread_and_files() -> None:
    message = Outbound(
        message_id=MessageId("m"),
        conversation_id=ConversationId("c"),
        channel_id=ChannelId("channel"),
        channel="webhook",
        reference="m",
        to="shop:mia",
        to_name="Mia",
        author_name="Ann",
        text="它今天发货。",
        subject=None,
        at=Millis(5),
        attachments=(Attachment(AttachmentId("a"), "a.txt", "text/plain", 2, "0"),),
        thread_key="shop:mia/order 7",
        facts={"to": "mia", "conversation": "order 7"},
    )

    assert msgspec.json.decode(compose(message, [b"hi"])) == {
        "type": "reply",
        "id": "m",
        "conversation": "order 7",
        "to": "mia",
        "text": "它今天发货。",
        "author": "Ann",
        "at": 5,
        "attachments": [{"name": "a.txt", "media_type": "text/plain", "content": "aGk="}],
    }

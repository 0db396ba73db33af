"""The first schema."""

from __future__ import annotations

from alembic import context, op

from hub.storage.textsearch import create_indexes

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata = context.config.attributes["metadata"]
    metadata.create_all(op.get_bind())
    create_indexes(metadata, op.get_bind())

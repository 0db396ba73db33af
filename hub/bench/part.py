"""What can be measured, by name."""

from __future__ import annotations

from enum import Enum


class Part(Enum):
    """One part of the bench; all of them run in this order."""

    DISK = "disk"
    RECEIVE = "receive"
    POSTGRESQL = "postgresql"
    MAIL = "mail"
    ROUTING = "routing"
    SOCKETS = "sockets"
    RESTART = "restart"

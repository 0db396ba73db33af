"""The websocket protocol of our servers: uvicorn's, which also ends while a client is leaving."""

from __future__ import annotations

from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocketLine(WebSocketsSansIOProtocol):
    """One line. Its own ``shutdown`` raises when the other side has just said goodbye, and then the
    server parts from nobody else.
    """

    @override
    def shutdown(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

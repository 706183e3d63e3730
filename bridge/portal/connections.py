"""Connections, shared out between the processes of the portal.

A connection stays with the process that takes it. When many come at once, whichever process is the first to look would
take most of them, and its people would wait while another has time.
"""

from __future__ import annotations

import socket
from collections.abc import MutableSequence
from typing import Any

from waitress.server import TcpWSGIServer

from bridge.adapters.clock import pause
from bridge.portal.channel import Channel

STEP_BACK = 0.001  # seconds
STEPS = 50  # back at most: the other process may hang


class SharingServer(TcpWSGIServer):
    """Leaves a new connection to a process that holds fewer. `held`: of each process how many, where all of them see
    it; `own`: the place of this one. `options` are waitress's."""

    channel_class = Channel

    def __init__(
        self, pages: Any, listening: socket.socket, held: MutableSequence[int], own: int, **options: Any
    ) -> None:
        self._held, self._own, self._steps = held, own, 0
        name = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(pages, _sock=listening, sockinfo=name, bind_socket=False, **options)

    def readable(self) -> bool:
        self._held[self._own] = len(self.active_channels)
        return bool(super().readable())

    def handle_accept(self) -> None:
        if self._held[self._own] > min(self._held) and self._steps < STEPS:
            self._steps += 1
            pause(STEP_BACK)
            return
        self._steps = 0
        super().handle_accept()

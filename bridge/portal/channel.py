"""A connection as waitress holds it, with one thing changed: what waitress refuses by itself (a request that is too
large, or cannot be read) is answered by the portal's own page, which says in Thai what to do."""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import InternalServerError, RequestEntityTooLarge

REFUSED = "portal.refused"  # the status, beside a request that goes no further; no header can bear this name
LET_OUT = 1_000_000_000  # bytes: a long film from a telephone


class Parser(HTTPRequestParser):
    """Lets a request that is too large run out, keeping none of it, before it is refused: a browser shows no answer
    that comes while it is still sending, but a page of its own about a lost connection."""

    expect_continue: bool  # waitress says nothing of types
    _left = 0

    def received(self, data: bytes) -> int:
        if self._left:
            taken = min(self._left, len(data))
            self._left -= taken
            self.completed = not self._left
            return taken
        taken = int(super().received(data))
        if self.error and self.expect_continue:
            self.expect_continue = False  # the rest waits to be asked for, and is not
        elif isinstance(self.error, RequestEntityTooLarge) and 0 < self.content_length <= LET_OUT:
            self._left, self.completed = self.content_length, False
        return taken


class Refusal(WSGITask):
    """Asks the application for the page about what is wrong, then ends the connection: where the next request would
    begin is not sure."""

    def get_environment(self) -> dict[str, Any]:
        request = self.request
        if not hasattr(request, "url_scheme"):  # its beginning could not be read
            request.headers.clear()
            request.parse_header(b"GET / HTTP/1.0\r\n")
        self.set_close_on_finish()
        return {**super().get_environment(), REFUSED: request.error.code}


def _task(channel: HTTPChannel, request: HTTPRequestParser) -> ErrorTask | Refusal:
    """An application that has failed is not asked again."""
    failed = isinstance(request.error, InternalServerError)
    return (ErrorTask if failed else Refusal)(channel, request)


class Channel(HTTPChannel):
    parser_class = Parser
    error_task_class = staticmethod(_task)

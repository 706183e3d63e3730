"""The portal as a web server: Django's application on waitress, the static files beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import waitress
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connections

from bridge.application.errors import ConfigurationError, OutsideError
from bridge.bootstrap import Office
from bridge.portal.office import serve_office
from bridge.portal.settings import hosts, web_settings

MOST_BYTES = 40_000_000  # of one request, attachments and all
KEPT_SECONDS = 600  # a thread's connection to the ledger


def application(office: Office) -> Callable[..., Any]:
    """The WSGI application of an office, ready to answer. Once in a process."""
    from bridge.portal import events  # noqa: PLC0415  # needs Django set up

    for name, value in web_settings(office).items():
        setattr(settings, name, value)
    for database in (settings.DATABASES["default"], connections.settings["default"]):
        database.update(CONN_MAX_AGE=KEPT_SECONDS, CONN_HEALTH_CHECKS=True)
    serve_office(office)
    events.listen()
    _lay_out_static(office)
    return WSGIHandler()


def _lay_out_static(office: Office) -> None:
    """Copies the stylesheet and scripts under names that change with their content."""
    own = office.workspace.portal_own
    try:
        own.mkdir(parents=True, exist_ok=True)
        accent = f":root {{ --accent: {office.province.portal.accent}; }}\n"
        (own / "accent.css").write_text(accent, encoding="ascii")
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise OutsideError("folder_unusable", folder=str(own), said=str(error)) from error


class Server:
    """Serves in a thread of its own from `with` until its end; requests at work are finished first."""

    def __init__(self, office: Office, host: str, port: int) -> None:
        """Raises ConfigurationError where the address of the province file is still the sample's, OutsideError
        where the port is taken."""
        portal = office.province.portal
        if any(name.endswith(".invalid") for name in hosts(portal)):
            raise ConfigurationError("portal_address", host=host, port=port)
        app = application(office)
        try:
            self._server = waitress.create_server(
                app, host=host, port=port, threads=portal.threads, **_proxy(portal.proxy)
            )
        except OSError as error:
            raise OutsideError("port_taken", host=host, port=port, said=error.strerror or "") from error
        self._thread = threading.Thread(target=self._server.run, name="portal", daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.task_dispatcher.shutdown(cancel_pending=False, timeout=10)
        self._server.close()
        self._thread.join(timeout=5)


def _proxy(address: str) -> dict[str, Any]:
    """Only the province's own proxy is believed when it says who asks and how; what others say is dropped."""
    common: dict[str, Any] = {
        "ident": None,
        "max_request_body_size": MOST_BYTES,
        "clear_untrusted_proxy_headers": True,
        "expose_tracebacks": False,
    }
    if not address:
        return common
    return {
        **common,
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }

"""The office whose portal this process serves: views reach its use cases through `office()`."""

from __future__ import annotations

from bridge.bootstrap import Office

_served: list[Office] = []


def serve_office(office: Office) -> None:
    """From now on the views work for this one."""
    _served[:] = [office]


def office() -> Office:
    """Raises RuntimeError where no portal was opened."""
    if not _served:
        raise RuntimeError("no office is served")
    return _served[0]

"""The portal's own sentences, from config/messages.d/portal.toml."""

from __future__ import annotations

from bridge.portal.office import office


def worded(code: str, **facts: object) -> str:
    """The sentence of a code of the section `portal`."""
    return office().messages.text("portal", code, **facts)

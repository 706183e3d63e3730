"""What `check` advises about the province file and this computer: none of it keeps the office from working."""

from __future__ import annotations

from bridge.adapters.fonts import NoThaiFont, thai_font
from bridge.config import Province
from bridge.workspace import Workspace


def advice(province: Province, workspace: Workspace) -> list[str]:
    """Codes of sentences in the section `check` of the messages."""
    found = []
    if province.mail.backend == "folder":
        found.append("mail_folder")
    if province.portal.base_url.endswith(".invalid"):
        found.append("portal_url")
    if province.mail.from_address.endswith(".invalid"):
        found.append("sender")
    if province.ledger.engine == "sqlite" and not list(workspace.backups.glob("ledger-*.sqlite3")):
        found.append("no_backup")
    try:
        thai_font(province.portal.pdf_font)
    except NoThaiFont as missing:
        found.append("no_such_font" if missing.wanted else "no_thai_font")
    return found

"""The part of the province file that says what stays on Google, and as whom the bridge works there."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ID = re.compile(r"(?:^|/d/)([A-Za-z0-9_-]{20,})(?:/|$|\?|#)")

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]


def file_id(text: str) -> str:
    """The id in a link such as https://docs.google.com/spreadsheets/d/…/edit, or the id itself; "" for neither."""
    found = _ID.search(text.strip())
    return found.group(1) if found else ""


def tab_id(link: str) -> int | None:
    """The tab that a spreadsheet's link names (gid); None where it names none."""
    found = re.search(r"[#&?]gid=(\d+)", link)
    return int(found.group(1)) if found else None


def check_root(root: str) -> str:
    """An address override: HTTPS, or plain HTTP on this machine. Raises ValueError."""
    parts = urlsplit(root)
    encrypted = parts.scheme == "https" and parts.hostname
    here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if root and not encrypted and not here:
        raise ValueError(root)
    return root.rstrip("/")


class FormOnGoogle(BaseModel):
    """`form`: link or id of a Google Form, blank for downloads in the inbox. `responses`: link of its linked
    responses sheet, read (never written) where the form itself may not be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    form: str = ""
    responses: str = ""

    @field_validator("form", "responses")
    @classmethod
    def _is_a_link(cls, value: str) -> str:
        if value and not file_id(value):
            raise ValueError(value)
        return value

    @property
    def on_google(self) -> bool:
        return bool(self.form or self.responses)


class SharingPart(BaseModel):
    """Sharing on approval: an approved address gets `role` on `file` until it is withdrawn. Off while blank."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str = ""
    role: Literal["reader", "commenter", "writer"] = "reader"
    roles: list[
        str
    ] = []  # only these of the bridge's roles (officer, staff, admin, executive); all when empty

    @field_validator("file")
    @classmethod
    def _is_a_link(cls, value: str) -> str:
        if value and not file_id(value):
            raise ValueError(value)
        return value


class GooglePart(BaseModel):
    """`cases_book`, `access_book`: "local", "google" (a spreadsheet that `connect google` makes) or the link of
    one to adopt; `summary_book` may also be "cases": tabs of the cases' own spreadsheet, written in the same
    call. `credentials`: a key file in the workspace, or "keyring". `hide_ids`: whether `connect google` hides the
    id columns that it makes. `lock_ids`: nobody but the bridge may edit them; people are warned otherwise. Google
    lets nobody sort or delete rows with cells that they may not edit, so locking costs staff their sorting."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    credentials: str = "google-key.json"
    subject: str = ""
    api_root: str = ""
    cases_book: str = "local"
    access_book: str = "local"
    summary_book: str = "local"
    cases_form: FormOnGoogle = FormOnGoogle()
    access_form: FormOnGoogle = FormOnGoogle()
    access_admins: list[Address] = []
    hide_ids: bool = True
    lock_ids: bool = False
    full_read_minutes: int = Field(10, ge=0, le=10)
    sharing: SharingPart = SharingPart()

    @field_validator("api_root")
    @classmethod
    def _stays_here_or_is_encrypted(cls, value: str) -> str:
        return check_root(value)

    @field_validator("cases_book", "access_book", "summary_book")
    @classmethod
    def _names_a_place(cls, value: str) -> str:
        if value not in ("local", "google", "cases") and not file_id(value):
            raise ValueError(value)
        return value

    @model_validator(mode="after")
    def _cases_hold_summaries_only(self) -> GooglePart:
        if "cases" in (self.cases_book, self.access_book):
            raise ValueError("cases")
        if self.summary_book == "cases" and self.cases_book == "local":
            raise ValueError("summary_book")
        return self

    def on_google(self, book: Literal["cases", "access", "summary"]) -> bool:
        return bool(getattr(self, f"{book}_book") != "local")

    @property
    def in_use(self) -> bool:
        """Whether anything of the province is on Google (mail apart)."""
        books = any(self.on_google(book) for book in ("cases", "access", "summary"))
        return books or self.cases_form.on_google or self.access_form.on_google or bool(self.sharing.file)

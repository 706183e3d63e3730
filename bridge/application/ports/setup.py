"""The port to a service that keeps spreadsheets and forms, as far as setting them up goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bridge.domain.columns import Table
from bridge.domain.form_match import QuestionMatch
from bridge.domain.intake import Form


class Way(StrEnum):
    """How a spreadsheet came to be the office's."""

    MADE = "made"
    KNOWN = "known"  # made before, by us
    ADOPTED = "adopted"  # somebody else's, named in the province file


@dataclass(frozen=True)
class CloudBook:
    """A spreadsheet: its id, its title, and how it came to be ours."""

    file: str
    title: str
    way: Way


@dataclass(frozen=True)
class Step:
    """One thing that was brought, or that is lacking. `code` is one of the layout's (tab, column, header, mark,
    choices, format, frozen, protection, renamed, foreign, twice). `mendable`: the service can be told to bring
    it; else a person must."""

    code: str
    facts: Mapping[str, str]
    mendable: bool


class CloudSetup(Protocol):
    """Every method may raise OutsideError (not reached), ConfigurationError google_sign_in, google_api_off,
    google_scopes, and SheetError or ConfigurationError where a file is missing, trashed or not shared.

    A lost answer is followed by a look at what is there, so every method may be called again at any time.
    """

    def account(self) -> str:
        """The address as which the bridge works there; files are shared with it. "" where it cannot be known."""

    def make(self, kind: str, title: str, workspace: str) -> CloudBook:
        """The spreadsheet of that kind that was made for the workspace before, or a new one. Raises
        ConfigurationError google_no_storage where the account may own no files."""

    def adopt(self, file: str) -> CloudBook:
        """A spreadsheet that is there already; it is checked that the account may edit it."""

    def lay_out(self, book: CloudBook, tables: Sequence[Table]) -> list[Step]:
        """Brings what the spreadsheet lacks for these tables, and tells it; steps that are not mendable are left."""

    def lacks(self, book: CloudBook, tables: Sequence[Table]) -> list[Step]:
        """What `lay_out` would tell. Writes nothing."""

    def renew(self, book: CloudBook, tables: Sequence[Table], stamp: str) -> None:
        """New, empty tabs for these tables; the old ones stay beside them, `stamp` in their titles."""

    def without_access(self, file: str, addresses: Sequence[str]) -> list[str]:
        """Those of the addresses that may not edit the file."""

    def share(self, file: str, addresses: Sequence[str]) -> dict[str, str]:
        """Lets them edit the file, without a mail from the service. Maps each address that the service refused to
        what it said."""

    def may_share(self, file: str) -> bool:
        """Whether the account may give others access to the file; False too where it cannot see it."""

    def may_read(self, file: str) -> bool:
        """Whether the account may read the spreadsheet."""

    def questions(self, form_id: str, form: Form) -> QuestionMatch | None:
        """How the form's questions fit the configuration; None where the form is not shared with the account."""

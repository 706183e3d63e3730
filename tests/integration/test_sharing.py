"""Sharing on approval: real ledgers, the real client, and the stand-in for Google Drive over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.google.drive_sharing import DriveSharing
from bridge.adapters.ledger.connection import close_ledger
from bridge.application.errors import ConfigurationError, OutsideError, SaphanError
from bridge.application.ports.accounts import Request
from bridge.application.ports.rows import Presence, RowState
from bridge.application.ports.shares import Share, ShareState
from bridge.application.ports.sharing import Answer, Fate
from bridge.application.share_access import ShareAccess, ShareReport, SharingSettings
from bridge.domain.access import State, email_key
from tests.contract.google_office import plain_client
from tests.contract.ledgers import BACKENDS, Clock, Ledger, open_empty
from tests.stand_in.google import Google, Kind, serve
from tests.stand_in.google.drive import create_permission
from tests.stand_in.google.state import File
from tests.unit.test_access import PLACES, ROW, WORDS

A, B, C, D = (f"{name}@example.go.th" for name in ("somsri", "somchai", "malee", "prasit"))
NOBODY = "nobody@example.invalid"  # has no Google account
OWNER = "service@example.iam.gserviceaccount.com"


def sharing_of(google: Google) -> DriveSharing:
    return DriveSharing(plain_client(google, (10, 1.5)))


class Office:
    def __init__(self, ledger: Ledger, google: Google) -> None:
        from bridge.adapters.ledger.operations import DjangoShares

        self.ledger, self.google, self.shares = ledger, google, DjangoShares()
        self.clock: Clock = ledger.clock
        google.state.clock = lambda: self.clock.now()
        self.file = google.state.add_file("ทะเบียน")
        self.settings = SharingSettings(self.file.id, "reader")
        self.sharing = sharing_of(google)

    def approve(self, key: str, email: str) -> None:
        values: dict[str, Any] = {**ROW, "email": email, "approval": "อนุมัติ"}
        self.ledger.rows.save("access", [RowState(key, values, presence=Presence.PRESENT)], [])
        mailbox = email_key(email, fold_gmail=True)
        self.ledger.accounts.save([Request(key, mailbox, State.ACTIVE, 1)])

    def withdraw(self, key: str) -> None:
        request = self.ledger.accounts.requests([key])[key]
        self.ledger.accounts.save([replace(request, state=State.REVOKED)])

    def put(self, email: str, role: str) -> None:
        """Shared by a person, in Drive."""
        body = {"type": "user", "role": role, "emailAddress": email}
        create_permission(self.google.state, {"sendNotificationEmail": "false"}, self.file.id, body)

    def run(self, seconds: float = 100) -> ShareReport:
        ledger = self.ledger
        stores = (self.shares, self.sharing, ledger.rows, ledger.accounts)
        report = ShareAccess(*stores, self.clock, WORDS, PLACES, self.settings).run()
        self.clock.pass_time(seconds=seconds)
        return report

    def may_open(self) -> dict[str, str]:
        return may_open(self.file)

    def told(self) -> dict[str, tuple[str, ShareState]]:
        return {share.request: (share.email, share.state) for share in self.shares.all()}


def may_open(file: File) -> dict[str, str]:
    return {held["emailAddress"]: held["role"] for held in file.permissions if held["role"] != "owner"}


@pytest.fixture
def google() -> Iterator[Google]:
    with serve() as running:
        yield running


@pytest.fixture
def office(google: Google, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    backend = getattr(request, "param", "sqlite")
    yield Office(open_empty(backend, request.config, tmp_path), google)
    close_ledger()


@pytest.mark.parametrize("office", BACKENDS, indirect=True)
def test_from_approval_to_withdrawal(office: Office) -> None:
    office.put(B, "writer")
    office.approve("1", A)
    office.approve("2", B)
    office.approve("3", NOBODY)
    assert office.run() == ShareReport(shared=1, foreign=1, refused=1)
    assert office.may_open() == {A: "reader", B: "writer"}
    told = {"1": (A, ShareState.SHARED), "2": (B, ShareState.FOREIGN), "3": (NOBODY, ShareState.REFUSED)}
    assert office.told() == told
    assert "no Google account" in office.shares.all()[2].said
    calls = len(office.google.calls)
    assert office.run() == ShareReport()
    assert len(office.google.calls) == calls
    for key in "123":
        office.withdraw(key)
    assert office.run() == ShareReport(unshared=1)
    assert office.may_open() == {B: "writer"}
    assert office.told() == {}


def test_google_sends_no_mail_of_its_own(office: Office) -> None:
    office.approve("1", A)
    office.run()
    assert office.google.state.notifications == []
    call = next(call for call in office.google.calls if call.method == "POST")
    assert call.params == {
        "sendNotificationEmail": "false",
        "supportsAllDrives": "true",
        "fields": "id,emailAddress,role",
    }
    assert call.json() == {"type": "user", "role": "reader", "emailAddress": A}


def test_a_gmail_address_in_another_spelling_is_the_same_account(office: Office) -> None:
    office.put("somsri@gmail.com", "writer")
    office.approve("1", "Som.Sri@gmail.com")
    assert office.run() == ShareReport(foreign=1)


def test_every_page_of_permissions_is_looked_at(office: Office) -> None:
    for number in range(230):
        office.put(f"person{number}@example.go.th", "reader")
    office.approve("1", "person229@example.go.th")
    assert office.run() == ShareReport(foreign=1)
    assert [call.method for call in office.google.calls] == ["GET"] * 3


def test_the_owner_of_the_file_and_links_for_all_are_left_alone(office: Office) -> None:
    create_permission(office.google.state, {}, office.file.id, {"type": "anyone", "role": "reader"})
    office.approve("1", OWNER)
    assert office.run() == ShareReport(foreign=1)
    office.withdraw("1")
    office.run()
    assert [held["role"] for held in office.file.permissions] == ["owner", "reader"]


def test_a_permission_that_people_deleted_is_gone(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.file.permissions.pop()
    office.withdraw("1")
    assert office.run() == ShareReport()
    assert office.told() == {}


# what is wrong with the file or the account


def test_a_file_that_is_missing_is_told(office: Office) -> None:
    office.approve("1", A)
    office.settings = SharingSettings("1" + "x" * 43, "reader")
    report = office.run()
    assert isinstance(report.trouble, ConfigurationError)
    assert report.trouble.code == "sharing_file_missing"
    assert office.told() == {}


def test_a_file_out_of_sight_keeps_what_is_to_be_taken_back(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.withdraw("1")
    office.file.access = "none"
    assert getattr(office.run().trouble, "code", "") == "sharing_file_missing"
    office.file.access = "writer"
    assert office.run() == ShareReport(unshared=1)
    assert office.may_open() == {}


def test_a_file_that_we_may_only_read_is_told(office: Office) -> None:
    office.approve("1", A)
    office.file.access = "reader"
    report = office.run()
    assert isinstance(report.trouble, ConfigurationError)
    assert report.trouble.code == "sharing_not_allowed"
    office.file.access = "writer"
    assert office.run() == ShareReport(shared=1)


def test_a_limit_on_sharing_is_later(google: Google, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.stand_in.google import drive, errors

    def limited(*_: object) -> None:
        raise errors.drive(403, "sharingRateLimitExceeded", "Rate limit exceeded. User message: too many")

    office.approve("1", A)
    with monkeypatch.context() as patch:
        patch.setattr(drive, "create_permission", limited)
        report = office.run()
    assert isinstance(report.trouble, OutsideError)
    assert report.trouble.code == "sharing_limit"
    assert office.told() == {}
    assert office.run() == ShareReport(shared=1)


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN, Kind.UNAUTHENTICATED])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_refusal_of_the_account_is_trouble_not_a_verdict_on_the_person(
    google: Google, tmp_path: Path, kind: Kind, method: str
) -> None:
    from tests.integration.mail.google_peer import client_of, credentials_of

    sharing = DriveSharing(client_of(google, credentials_of(google, tmp_path, ["sharing"], subject="")))
    file = google.state.add_file("ทะเบียน")
    google.faults.on(f"{method} .*/permissions", kind, times=3)
    asked = {
        "GET": lambda: sharing.holders(file.id),
        "POST": lambda: sharing.share(file.id, A, "reader"),
        "DELETE": lambda: sharing.unshare(file.id, "1"),
    }
    with pytest.raises(SaphanError):
        asked[method]()
    assert may_open(file) == {}


def test_the_answers_of_the_adapter(google: Google) -> None:
    sharing, file = sharing_of(google), google.state.add_file("ทะเบียน")
    made = sharing.share(file.id, A, "reader")
    assert made.fate is Fate.DONE
    assert sharing.share(file.id, A, "reader") == made
    assert [held.permission for held in sharing.holders(file.id) if held.email == A] == [made.permission]
    assert sharing.share(file.id, NOBODY, "reader").fate is Fate.REFUSED
    assert sharing.unshare(file.id, made.permission) == made
    assert sharing.unshare(file.id, made.permission) == Answer(Fate.GONE)


# every call and every fault

FAULTS = [kind for kind in Kind if kind not in (Kind.SLOW, Kind.UNAUTHENTICATED)]
CALLS = 12


def story(office: Office) -> None:
    """Two rounds with something of everything, then to rest."""
    office.put(B, "writer")
    office.approve("1", A)
    office.approve("2", B)
    office.approve("3", NOBODY)
    office.approve("4", C)
    office.run()
    office.withdraw("1")
    office.withdraw("2")
    office.approve("4", D)
    office.approve("5", C)  # the mailbox that 4 gave up
    for _ in range(8):
        office.run()


def ends_well(office: Office) -> None:
    assert office.may_open() == {B: "writer", C: "reader", D: "reader"}
    told = {"3": (NOBODY, ShareState.REFUSED), "4": (D, ShareState.SHARED), "5": (C, ShareState.SHARED)}
    assert office.told() == told
    held = {share.email: share.permission for share in office.shares.all()}
    permissions = {one["emailAddress"]: one["id"] for one in office.file.permissions}
    assert all(held[email] == permissions[email] for email in (C, D))
    assert office.run() == ShareReport()


def test_the_story_without_faults(office: Office) -> None:
    story(office)
    assert len(office.google.calls) == CALLS
    ends_well(office)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("place", range(CALLS))
def test_every_call_with_every_fault_ends_in_the_same_state(office: Office, place: int, kind: Kind) -> None:
    options = {"seconds": 150} if kind is Kind.LATE else {}
    office.google.faults.at(place, kind, hold=2, **options)
    story(office)
    ends_well(office)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(14))
def test_a_kill_around_everything_that_is_written_down(
    office: Office, step: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [0]

    def watch(name: str) -> None:
        real = getattr(office.shares, name)

        def watched(*given: Any) -> None:
            written[0] += 1
            if written[0] == step + 1 and not after:
                raise Killed
            real(*given)
            if written[0] == step + 1:
                raise Killed

        monkeypatch.setattr(office.shares, name, watched)

    watch("save")
    watch("remove")
    plain = office.run

    def run(seconds: float = 100) -> ShareReport:
        try:
            return plain(seconds)
        except Killed:
            office.clock.pass_time(seconds=seconds)
            return ShareReport()

    monkeypatch.setattr(office, "run", run)
    story(office)
    assert written[0] > step
    ends_well(office)


def test_a_share_reads_back_as_it_was_saved(office: Office) -> None:
    share = Share(
        "1", office.file.id, A, "reader", ShareState.SHARING, "", "2026-03-02T03:00:00+00:00 123 456"
    )
    office.shares.save(share)
    assert office.shares.all() == [share]

"""Sharing on approval: who may open the file in the end, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.accounts import Request
from bridge.application.ports.rows import Presence, RowState
from bridge.application.ports.shares import Share, ShareState
from bridge.application.ports.sharing import Answer, Fate, Holder
from bridge.application.share_access import SETTLED_AFTER, ShareAccess, ShareReport, SharingSettings
from bridge.domain.access import Role, State, email_key
from tests.unit.test_access import PLACES, ROW, WORDS

FILE = "1" + "f" * 43
OTHER_FILE = "1" + "g" * 43
A, B, C = "somsri@example.go.th", "somchai@example.go.th", "malee@example.go.th"
NOBODY = "nobody@example.invalid"  # no account at the service
TWIN = "somsri@office.example.go.th"  # another address of A's account


class Drive:
    """Accounts and their permissions. `faults` says of each change that is asked for what becomes of it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.files: dict[str, dict[str, tuple[str, str]]] = {FILE: {}, OTHER_FILE: {}}  # id -> address, role
        self.faults: list[str] = []
        self.late: list[tuple[datetime, Callable[[], object]]] = []
        self.calls: list[str] = []

    def put(self, email: str, role: str = "reader", file: str = FILE) -> None:
        self.files[file].setdefault(self.account(email), (email, role))

    @staticmethod
    def account(email: str) -> str:
        return email_key(A if email == TWIN else email, fold_gmail=True)

    def may_open(self, file: str = FILE) -> set[str]:
        return set(self.files[file])

    def pass_by(self) -> None:
        due = [act for at, act in self.late if at <= self.clock()]
        self.late = [(at, act) for at, act in self.late if at > self.clock()]
        for act in due:
            act()

    # the port

    def holders(self, file: str) -> Sequence[Holder]:
        self.calls.append("list")
        self._reach(file)
        return [Holder(name, email) for name, (email, _) in self.files[file].items()]

    def share(self, file: str, email: str, role: str) -> Answer:
        self.calls.append(f"share {email}")
        self._reach(file)
        if email.endswith(".invalid"):
            return Answer(Fate.REFUSED, said="no account")
        return self._change(lambda: self.put(email, role, file), Answer(Fate.DONE, self.account(email)))

    def unshare(self, file: str, permission: str) -> Answer:
        self.calls.append(f"unshare {permission}")
        self._reach(file)
        there = permission in self.files[file]
        return self._change(
            lambda: self.files[file].pop(permission, None),
            Answer(Fate.DONE if there else Fate.GONE, permission),
        )

    def _reach(self, file: str) -> None:
        self.pass_by()
        if file not in self.files:
            raise ConfigurationError("sharing_file_missing", file=file)

    def _change(self, act: Callable[[], object], answer: Answer) -> Answer:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "down":
            raise OutsideError("google_unreachable", said="503")
        if fault == "late":
            self.late.append((self.clock() + timedelta(seconds=150), act))
        elif fault != "lost before":
            act()
        return Answer(Fate.UNKNOWN) if fault else answer


@dataclass
class Office:
    """The ledger's side, in memory, and the Drive."""

    time: datetime = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    rows: dict[str, RowState] = field(default_factory=dict)
    requested: dict[str, Request] = field(default_factory=dict)
    shared: dict[tuple[str, str], Share] = field(default_factory=dict)
    settings: SharingSettings = field(default_factory=lambda: SharingSettings(FILE, "reader"))

    def __post_init__(self) -> None:
        self.drive = Drive(self.now)

    def now(self) -> datetime:
        return self.time

    # ports

    def load_all(self, table: str) -> Iterable[RowState]:
        assert table == "access"
        return [self.rows[key] for key in sorted(self.rows)]

    def requests(self, keys: Iterable[str] | None = None) -> dict[str, Request]:
        return dict(self.requested)

    def all(self) -> Sequence[Share]:
        return [self.shared[place] for place in sorted(self.shared)]

    def save(self, share: Share) -> None:
        self.shared[share.request, share.file] = share

    def remove(self, request: str, file: str) -> None:
        self.shared.pop((request, file), None)

    # what the admin does

    def approve(self, key: str, email: str, role: str = "") -> None:
        values = {**ROW, "email": email, "approval": "อนุมัติ", "role": role or None}
        self.rows[key] = RowState(key, values, presence=Presence.PRESENT)
        self.requested[key] = Request(key, email_key(email, fold_gmail=True), State.ACTIVE, 1, key)

    def withdraw(self, key: str) -> None:
        if key in self.rows:
            self.rows[key].values["approval"] = None
            self.requested[key] = replace(self.requested[key], state=State.REVOKED)

    def run(self, seconds: float = 300) -> ShareReport:
        ports = (self, self.drive, self, self, self, WORDS, PLACES)
        report = ShareAccess(*ports, self.settings).run()  # type: ignore[arg-type]
        self.time += timedelta(seconds=seconds)
        self.drive.pass_by()
        return report

    def states(self) -> dict[str, ShareState]:
        return {request: share.state for (request, _), share in self.shared.items()}


@pytest.fixture
def office() -> Office:
    return Office()


def test_approved_people_may_open_the_file_until_they_are_withdrawn(office: Office) -> None:
    office.approve("1", A)
    office.approve("2", B)
    assert office.run() == ShareReport(shared=2)
    assert office.drive.may_open() == {A, B}
    office.withdraw("1")
    assert office.run() == ShareReport(unshared=1)
    assert office.drive.may_open() == {B}
    assert office.states() == {"2": ShareState.SHARED}


def test_a_round_with_nothing_to_do_asks_nothing(office: Office) -> None:
    office.approve("1", A)
    office.approve("2", NOBODY)
    office.drive.put(B)
    office.approve("3", B)
    office.run()
    office.drive.calls.clear()
    assert office.run() == ShareReport()
    assert office.drive.calls == []


def test_many_people_cost_one_look_each(office: Office) -> None:
    """As one look serves until something was changed."""
    for number in range(3):
        office.approve(str(number), f"person{number}@example.go.th")
    office.run()
    assert office.drive.calls.count("list") <= 3


def test_what_the_bridge_did_not_share_it_does_not_unshare(office: Office) -> None:
    office.drive.put(A, "writer")
    office.approve("1", A.upper())
    assert office.run() == ShareReport(foreign=1)
    office.withdraw("1")
    assert office.run() == ShareReport()
    assert office.drive.files[FILE][A] == (A, "writer")
    assert office.shared == {}


def test_another_address_of_somebody_who_may_open_it_already_is_not_ours(office: Office) -> None:
    office.drive.put(A, "writer")
    office.approve("1", TWIN)
    assert office.run() == ShareReport(foreign=1)
    office.withdraw("1")
    office.run()
    assert office.drive.may_open() == {A}


@pytest.mark.parametrize("fault", ["lost before", "lost after", "late"])
def test_another_address_after_a_lost_answer_is_still_told_apart(office: Office, fault: str) -> None:
    """The permission shows the account's own address: only what was there before tells whose it is."""
    office.approve("1", TWIN)
    office.drive.faults = [fault]
    office.run()
    office.drive.files[FILE] = {name: (A, role) for name, (_, role) in office.drive.files[FILE].items()}
    office.run()
    assert office.states() == {"1": ShareState.SHARED}
    office.withdraw("1")
    office.run()
    office.run()
    assert office.drive.may_open() == set()
    assert office.shared == {}


def test_a_spelling_of_the_same_mailbox_changes_nothing(office: Office) -> None:
    office.approve("1", "som.sri@gmail.com")
    office.run()
    office.approve("1", "Somsri+office@googlemail.com")
    office.drive.calls.clear()
    assert office.run() == ShareReport()
    assert office.drive.calls == []


def test_a_changed_address_moves_the_share(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.approve("1", B)
    assert office.run() == ShareReport(shared=1, unshared=1)
    assert office.drive.may_open() == {B}


def test_a_refused_address_is_tried_again_only_when_it_changes(office: Office) -> None:
    office.approve("1", NOBODY)
    assert office.run() == ShareReport(refused=1)
    assert [share.said for share in office.all()] == ["no account"]
    assert office.run() == ShareReport()
    office.approve("1", A)
    assert office.run() == ShareReport(shared=1)


def test_a_row_that_does_not_tell_just_now_leaves_things_as_they_are(office: Office) -> None:
    office.approve("1", A)
    office.run()
    for broken in ({"email": "somsri@"}, {"approval": "อาจจะ"}, {"role": "ไม่รู้จัก"}, {"email": C}):
        values = office.rows["1"].values
        office.rows["1"].values = {**values, **broken}
        assert office.run() == ShareReport()
        office.rows["1"].values = values
    office.rows.clear()
    office.requested["1"] = replace(office.requested["1"], state=State.REVOKED)
    assert office.run() == ShareReport(unshared=1)


def test_only_the_chosen_roles_get_it(office: Office) -> None:
    office.settings = SharingSettings(FILE, "reader", frozenset({Role.STAFF}))
    office.approve("1", A)
    office.approve("2", B, "เจ้าหน้าที่ พมจ.")
    office.run()
    assert office.drive.may_open() == {B}
    office.approve("2", B)
    office.run()
    assert office.drive.may_open() == set()


def test_a_role_that_people_changed_is_still_ours(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.drive.files[FILE][A] = (A, "writer")
    assert office.run() == ShareReport()
    assert office.drive.files[FILE][A] == (A, "writer")
    office.withdraw("1")
    office.run()
    assert office.drive.may_open() == set()


def test_what_people_took_away_stays_away_until_a_new_approval(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.drive.files[FILE].clear()
    office.run()
    assert office.drive.may_open() == set()
    office.withdraw("1")
    assert office.run() == ShareReport()
    office.approve("1", A)
    assert office.run() == ShareReport(shared=1)


def test_another_role_in_the_province_file_is_brought_about(office: Office) -> None:
    office.approve("1", A)
    office.drive.put(B)
    office.approve("2", B)
    office.run()
    office.settings = SharingSettings(FILE, "writer")
    office.run()
    assert office.drive.files[FILE] == {A: (A, "writer"), B: (B, "reader")}
    assert office.run() == ShareReport()


def test_another_file_in_the_province_file_moves_every_share(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.settings = SharingSettings(OTHER_FILE, "reader")
    assert office.run() == ShareReport(shared=1, unshared=1)
    assert (office.drive.may_open(FILE), office.drive.may_open(OTHER_FILE)) == (set(), {A})


def test_no_file_any_more_takes_everything_back(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.settings = SharingSettings("", "reader")
    assert office.run() == ShareReport(unshared=1)
    assert office.run() == ShareReport()
    assert office.drive.may_open() == set()


def test_a_file_of_earlier_days_that_is_gone_is_forgotten(office: Office) -> None:
    office.approve("1", A)
    office.run()
    del office.drive.files[FILE]
    office.settings = SharingSettings(OTHER_FILE, "reader")
    assert office.run() == ShareReport(shared=1)
    assert list(office.shared) == [("1", OTHER_FILE)]


def test_a_file_that_is_missing_is_told_and_nothing_is_forgotten(office: Office) -> None:
    office.approve("1", A)
    office.run()
    kept = office.drive.files.pop(FILE)
    office.withdraw("1")
    report = office.run()
    assert report.trouble is not None
    assert report.trouble.code == "sharing_file_missing"
    office.drive.files[FILE] = kept
    assert office.run() == ShareReport(unshared=1)


def test_a_service_that_is_down_is_told_and_the_next_round_does_it(office: Office) -> None:
    office.approve("1", A)
    office.drive.faults = ["down"]
    assert office.run().trouble is not None
    assert office.shared == {}
    office.drive.put(A, "writer")  # by hand, meanwhile
    assert office.run() == ShareReport(foreign=1)


def test_a_mailbox_that_moves_to_another_request_keeps_its_share(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.withdraw("1")
    office.approve("2", A)
    office.run()
    office.run()
    assert office.drive.may_open() == {A}
    assert office.states() == {"2": ShareState.SHARED}


def test_two_requests_of_one_account_share_one_permission(office: Office) -> None:
    office.approve("1", "som.sri@gmail.com")
    office.approve("2", "somsri@gmail.com")
    assert office.run() == ShareReport(shared=1)
    office.withdraw("1")
    assert office.run() == ShareReport()
    assert office.drive.may_open() == {"somsri@gmail.com"}
    office.withdraw("2")
    assert office.run() == ShareReport(unshared=1)
    assert office.drive.may_open() == set()


# what is lost on the way


@pytest.mark.parametrize("fault", ["lost before", "lost after", "late", "down"])
def test_a_share_whose_answer_is_lost_comes_to_rest(office: Office, fault: str) -> None:
    office.approve("1", A)
    office.drive.faults = [fault]
    office.run()
    office.run()
    assert office.drive.may_open() == {A}
    assert office.states() == {"1": ShareState.SHARED}


@pytest.mark.parametrize("fault", ["lost before", "lost after", "late", "down"])
@pytest.mark.parametrize("seconds", [1, 60, 200])
def test_a_withdrawal_right_after_a_lost_answer_holds(office: Office, fault: str, seconds: float) -> None:
    office.approve("1", A)
    office.drive.faults = [fault]
    office.run(seconds)
    office.withdraw("1")
    for _ in range(10):
        office.run(60)
    assert office.drive.may_open() == set()
    assert office.shared == {}


@pytest.mark.parametrize("fault", ["lost before", "lost after", "late", "down"])
@pytest.mark.parametrize("seconds", [1, 60, 200])
def test_a_new_approval_right_after_a_lost_withdrawal_holds(
    office: Office, fault: str, seconds: float
) -> None:
    office.approve("1", A)
    office.run()
    office.withdraw("1")
    office.drive.faults = [fault]
    office.run(seconds)
    office.approve("1", A)
    for _ in range(10):
        office.run(60)
    assert office.drive.may_open() == {A}
    assert office.states() == {"1": ShareState.SHARED}


def test_a_lost_withdrawal_is_asked_again_at_once_and_watched_for_190_seconds(office: Office) -> None:
    office.approve("1", A)
    office.run()
    office.withdraw("1")
    office.drive.faults = ["lost before"]
    assert office.run(60) == ShareReport(unsettled=1)
    assert office.run(SETTLED_AFTER.seconds - 61) == ShareReport(unshared=1, unsettled=1)
    assert office.run(1) == ShareReport(unsettled=1)
    assert office.run() == ShareReport()
    assert office.shared == {}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("point", range(22))
def test_a_kill_at_any_step_comes_to_rest(office: Office, point: int) -> None:
    """Before and after each thing that is written down or asked for."""
    steps = [0]

    def watched(act: Callable[..., object]) -> Callable[..., object]:
        def run(*given: object) -> object:
            for do in (lambda: None, lambda: act(*given)):
                answer = do()
                if steps[0] == point:
                    steps[0] += 1
                    raise Killed
                steps[0] += 1
            return answer

        return run

    office.save = watched(office.save)  # type: ignore[method-assign]
    office.remove = watched(office.remove)  # type: ignore[method-assign]
    office.drive.share = watched(office.drive.share)  # type: ignore[method-assign,assignment]
    office.drive.unshare = watched(office.drive.unshare)  # type: ignore[method-assign,assignment]

    def round_() -> None:
        try:
            office.run(100)
        except Killed:
            office.time += timedelta(seconds=100)

    office.drive.put(C)
    for key, email in (("1", A), ("2", B), ("3", C)):
        office.approve(key, email)
    round_()
    office.withdraw("1")
    office.withdraw("3")
    for _ in range(6):
        round_()
    assert office.drive.may_open() == {B, C}
    assert office.states() == {"2": ShareState.SHARED}
    assert steps[0] > point


STEPS = st.one_of(
    st.tuples(st.just("approve"), st.sampled_from("123"), st.sampled_from([A, B, NOBODY, TWIN])),
    st.tuples(st.just("withdraw"), st.sampled_from("123"), st.just("")),
    st.tuples(
        st.just("run"), st.sampled_from([1, 60, 100, 200]), st.sampled_from(["", "down", "late", "lost"])
    ),
)


@settings(max_examples=400, deadline=None)
@given(
    st.booleans(), st.lists(STEPS, max_size=14), st.lists(st.sampled_from(["", "", "late", "lost before"]))
)
def test_whatever_happens_everybody_ends_where_they_belong(
    foreign: bool, steps: list[tuple[str, object, str]], faults: list[str]
) -> None:
    office = Office()
    if foreign:
        office.drive.put(C, "writer")
        office.approve("9", C)
    office.drive.faults = faults
    for what, which, how in steps:
        match what:
            case "approve" if all(
                Drive.account(str(row.values["email"])) != Drive.account(how)
                for key, row in office.rows.items()
                if key != which and office.requested[key].state is State.ACTIVE
            ):
                office.approve(str(which), how)
            case "withdraw":
                office.withdraw(str(which))
            case "run":
                office.drive.faults += ["lost after"] if how == "lost" else [how]
                office.run(float(str(which)))
    office.drive.faults = []
    for _ in range(12):
        office.run(60)
    wanted = {
        Drive.account(str(office.rows[key].values["email"]))
        for key, request in office.requested.items()
        if request.state is State.ACTIVE
    } - {NOBODY}
    assert office.drive.may_open() == wanted | ({C} if foreign else set())
    assert ShareState.SHARING not in office.states().values()
    assert office.run() == ShareReport()
    for key in list(office.rows):
        office.withdraw(key)
    for _ in range(5):
        office.run()
    assert office.drive.may_open() == ({C} if foreign else set())
    assert office.shared == {}

"""Who may come in is decided in the portal and in the access sheet, in any order: no decision is lost or done twice,
nothing that a person typed is written over without being told, and the account is as the row says.

Not in here, because nobody can tell it: a person who types, after a write whose end nobody saw, just what stood there
before it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bridge import bootstrap
from bridge.application.decide_access import Choice, DecideAccess, Outcome
from bridge.application.ports.reviews import ReviewKind
from bridge.application.reconcile import TableSync
from bridge.bootstrap import Office
from bridge.domain.access import Decision, Grant, Role, State, decide, read_areas, read_role
from bridge.domain.cells import Cell
from tests.functional.office import TestOffice, access_answer
from tests.integration.google_office import cloud_office
from tests.integration.people import Desk, Workplace

COLUMNS = ("approval", "role", "area")
TYPED: dict[str, list[Cell]] = {
    "approval": [None, "อนุมัติ", "ใช่", True, "ไม่อนุมัติ"],
    "role": [None, "เจ้าหน้าที่ พมจ.", "ผู้บริหาร", "เจ้าหน้าที่ตำบล"],
    "area": [None, "อ.เมืองศรีสะเกษ", "อ.กันทรลักษ์", "ต.โพธิ์ อ.เมืองศรีสะเกษ"],
}
AREAS = [(), (("กันทรลักษ์", ""),), (("เมืองศรีสะเกษ", "โพธิ์"), ("กันทรลักษ์", ""))]
types = st.sampled_from([("types", column, value) for column in COLUMNS for value in TYPED[column]])
chooses = st.builds(
    lambda decision, role, areas: ("chooses", Choice(decision, role, areas)),
    st.sampled_from([Decision.APPROVE, Decision.APPROVE, Decision.REFUSE]),
    st.sampled_from(list(Role)),
    st.sampled_from(AREAS),
)
cycles = st.sampled_from([("cycle", "whole"), ("cycle", "whole"), ("cycle", "killed"), ("cycle", "open")])


@dataclass
class Row:
    """One request, as the people at the sheet and in the portal know it. `before` is what the file showed when the
    bridge last saw it through, `chosen` what was chosen in the portal since, `unsure` what stood in the file before a
    write whose end nobody saw."""

    place: Workplace
    desk: Desk
    admin: str
    key: str
    before: dict[str, Cell] = field(default_factory=lambda: dict.fromkeys(COLUMNS))
    chosen: dict[str, Cell] = field(default_factory=dict)
    unsure: dict[str, Cell] = field(default_factory=dict)
    overruled: int = 0
    perhaps: int = 0  # typed over a choice that the bridge did not see arrive: that may be told, too

    @property
    def office(self) -> Office:
        return self.place.office

    def file(self) -> dict[str, Cell]:
        rows = self.desk.rows().values()
        return {c: row[c] for row in rows if str(row["number"]) == self.key for c in COLUMNS}

    def values(self) -> dict[str, Cell]:
        state = self.office.ports.rows.load("access", [self.key])[self.key]
        return {column: state.values.get(column) for column in COLUMNS}

    def types(self, column: str, value: Cell) -> None:
        if column not in self.unsure or value != self.unsure[column]:
            self.desk.type(self.desk.row_of(number=int(self.key)), **{column: value})

    def chooses(self, choice: Choice) -> None:
        before = self.values()
        standing = self.office.decide_access.of(self.key)
        assert standing is not None
        outcome = self.office.decide_access.choose(self.key, choice, standing.seen, self.admin)
        now = self.values()
        assert outcome is (Outcome.SAME if now == before else Outcome.DECIDED)
        self.says(now, choice)
        for column in COLUMNS:
            if now[column] != before[column]:
                self.chosen[column] = now[column]
        self.account_is_as_the_row_says()

    def says(self, cells: dict[str, Cell], choice: Choice) -> None:
        words, places = self.office.province.access, self.office.places
        listed = {Decision.APPROVE: words.approve, Decision.REFUSE: words.refuse}[choice.decision]
        assert cells["approval"] in (*listed, True) and (cells["approval"] is True) <= (
            choice.decision is Decision.APPROVE
        )
        if choice.decision is Decision.APPROVE:
            assert cells["role"] == getattr(words.roles, choice.role) or (
                cells["role"] is None and choice.role is Role.OFFICER
            )
            assert set(read_areas(cells["area"], places)[0]) == set(choice.areas)

    def cycle(self, how: str) -> None:
        file, expected = self.file(), {}
        for column in COLUMNS:
            touched, chosen = file[column] != self.before[column], self.chosen.get(column, file[column])
            expected[column] = file[column] if touched else chosen
            if touched and file[column] != chosen:
                self.overruled += 1
                del self.chosen[column]
            elif touched and column in self.unsure:
                self.perhaps += 1
        self.run(how)
        if how == "open":
            assert self.file() == file, "a file that is open is left as it is"
            self.before = file
        else:
            assert self.file() == expected
            self.before, self.chosen = expected, {}
            self.unsure = file if how == "killed" else {}
        assert self.values() == expected
        self.account_is_as_the_row_says()
        self.each_overruled_choice_is_told()

    def run(self, how: str) -> None:
        lock = self.desk.path.with_name(f"~${self.desk.path.name}")
        with pytest.MonkeyPatch.context() as patch:
            if how == "killed":
                patch.setattr(TableSync, "confirm", _die)
            if how == "open":
                lock.touch()
            try:
                report = self.place.sync()
            except Killed:
                return
            finally:
                lock.unlink(missing_ok=True)
        assert [error.code for error in report.trouble] in ([], ["workbook_open"])

    def account_is_as_the_row_says(self) -> None:
        from bridge.adapters.ledger.models import AccessRequest, OutboxMessage

        cells = self.values()
        request = AccessRequest.objects.select_related("account").get(key=self.key)
        right = decide(cells["approval"], words_of(self.office)) is Decision.APPROVE
        assert (request.state == State.ACTIVE) is right
        assert (request.account is not None and request.account.is_active) is right
        if right:
            areas = [list(area) for area in read_areas(cells["area"], self.office.places)[0]]
            role = read_role(cells["role"], words_of(self.office))[0]
            assert (request.account.role, request.account.areas) == (role, areas)
        assert OutboxMessage.objects.filter(request=self.key).count() == request.approvals

    def each_overruled_choice_is_told(self) -> None:
        found, _ = self.office.ports.reviews.page(ReviewKind.ACCESS, None, 0, 10_000)
        told = [one for one in found if one.item.facts["request"] == self.key]
        past = self.office.decide_access.history(self.key)
        assert len(told) == sum(one.event.why == "conflict" for one in past)
        assert self.overruled <= len(told) <= self.overruled + self.perhaps


class Killed(BaseException):
    """The program ends here."""


def _die(*_: Any) -> None:
    raise Killed


def words_of(office: Office) -> Any:
    from bridge.bootstrap.use_cases import UseCases

    return UseCases(
        office.workspace, office.province, office.ports, office.messages, office.places
    ).access_words()


def an_admin(office: Office) -> str:
    return str(
        office.ports.accounts.activate("", "boss@x.th", Grant("boss@x.th", "", "", "", Role.ADMIN, ()))
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Workplace]:
    with tempfile.TemporaryDirectory() as folder:
        yield Workplace(Path(folder))
        bootstrap.close()


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(steps=st.lists(st.one_of(types, chooses, cycles), min_size=4, max_size=14))
def test_both_ways_in_any_order(place: Workplace, steps: list[Any]) -> None:
    office, desk = place.office, Desk(place.office.workspace.access_book, place.office.table("access"))
    number = len(desk.rows()) + 1
    TestOffice(place.root).send_requests([access_answer(number % 60, f"asks{number}@example.go.th")])
    assert not office.cycle.sync().trouble
    row = Row(place, desk, an_admin(office), str(number))
    for name, *given_ in steps:
        getattr(row, name)(*given_)
    for _ in range(2):
        row.cycle("whole")


def test_a_choice_that_google_wrote_late_is_nobodys_typing(tmp_path: Path) -> None:
    """The approval reaches the sheet after Google said that it did not, and after the admin closed the account."""
    with cloud_office(tmp_path) as cloud:
        for number, email in ((1, "first@portal.invalid"), (2, "second@portal.invalid")):
            cloud.ask(number, email)
        cloud.rest()
        desk, admin, access = (
            cloud.office.decide_access,
            an_admin(cloud.office),
            cloud.register("access").know(),
        )
        for key in ("1", "2"):
            assert decided(desk, key, Choice(Decision.APPROVE, Role.STAFF), admin) is Outcome.DECIDED
        cloud.google.faults.on(":batchUpdate", "late apply", answer="503", seconds=150)
        assert [error.code for error in cloud.cycle().trouble] == ["google_unsettled"]
        assert decided(desk, "1", Choice(Decision.REFUSE), admin) is Outcome.DECIDED
        access.sort("email", descending=True)
        cloud.rest()
        rows = {str(row["email"]): (row["approval"], row["role"]) for row in access.rows().values()}
        assert rows["first@portal.invalid"] == ("ไม่อนุมัติ", "เจ้าหน้าที่ พมจ.")
        assert rows["second@portal.invalid"] == ("อนุมัติ", "เจ้าหน้าที่ พมจ.")
        states = cloud.office.ports.accounts.requests()
        assert [states[key].state for key in ("1", "2")] == [State.REVOKED, State.ACTIVE]
        assert cloud.office.ports.reviews.page(ReviewKind.ACCESS, None, 0, 1)[1] == 0


def decided(desk: DecideAccess, key: str, choice: Choice, admin: str) -> Outcome:
    standing = desk.of(key)
    assert standing is not None
    return desk.choose(key, choice, standing.seen, admin)

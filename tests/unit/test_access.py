"""An access request on its way (process.md section 1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.places import load_places
from bridge.domain.access import (
    AccessWords,
    Decision,
    Grant,
    Role,
    State,
    area_text,
    decide,
    email_key,
    next_state,
    read_areas,
    read_email,
    read_grant,
    read_role,
)
from bridge.domain.cells import Cell
from bridge.domain.values.places import Places

WORDS = AccessWords(
    approve=("อนุมัติ", "ใช่", "yes"),
    refuse=("ไม่อนุมัติ",),
    roles={
        Role.OFFICER: "เจ้าหน้าที่ตำบล",
        Role.STAFF: "เจ้าหน้าที่ พมจ.",
        Role.ADMIN: "ผู้ดูแลระบบ",
        Role.EXECUTIVE: "ผู้บริหาร",
    },
    fold_gmail=True,
)
# กลาง is a tambon of two amphoe, and ริมน้ำ is an amphoe and a tambon of another.
PLACES = Places.build(
    [("เมืองทดสอบ", "กลาง"), ("เมืองทดสอบ", "ริมน้ำ"), ("ริมน้ำ", "กลาง"), ("ริมน้ำ", "ดอนสูง"), ("ภูไกล", "ท่าช้าง")],
    {"เมือง": "เมืองทดสอบ"},
)
EVERYWHERE = [(amphoe, tambon) for amphoe in PLACES.amphoes() for tambon in ("", *PLACES.tambons(amphoe))]
ROW: dict[str, Cell] = {
    "email": "somsri@example.go.th",
    "first_name": "Somsri",
    "last_name": "Jaidee",
    "org": "อบต.ตัวอย่าง",
    "last4": "0123",
}
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]


def codes(problems: list[object]) -> list[tuple[str, str]]:
    return [(problem.code, problem.column) for problem in problems]  # type: ignore[attr-defined]


class TestEmail:
    @pytest.mark.parametrize(
        "address",
        ["a@b.th", "somsri.j+office@sub.example.go.th", "x_y-z%1@example.co", "a" * 60 + "@example.com"],
    )
    def test_an_address_is_read_without_the_spaces_around_it(self, address: str) -> None:
        for typed in (address, f"  {address}\t", f"\u200b{address}\u00a0"):
            assert read_email(typed) == (address, None)

    @pytest.mark.parametrize("blank", [None, "", "   ", "\u200b"])
    def test_a_blank_one_is_missing(self, blank: Cell) -> None:
        address, problem = read_email(blank)
        assert address == ""
        assert problem is not None
        assert problem.code == "email_missing"

    @pytest.mark.parametrize(
        "typed",
        [
            "somsri",
            "somsri@",
            "@example.com",
            "somsri@example",
            "som sri@example.com",
            "somsri@@example.com",
            "a@b@example.com",
            "สมศรี@example.com",
            "somsri@ตัวอย่าง.com",
            "somsri@example..com",
            "som..sri@example.com",
            "somsri@-example.com",
            "somsri@example.com, b@example.com",
            "Somsri <somsri@example.com>",
            "somsri@example.c0m",
            "a" * 250 + "@example.com",
            812345678,
            True,
        ],
    )
    def test_what_is_no_address_is_pointed_out(self, typed: Cell) -> None:
        _, problem = read_email(typed)
        assert problem is not None
        assert (problem.code, problem.column, problem.value) == ("email_malformed", "email", str(typed))

    @pytest.mark.parametrize("line_break", BREAKS)
    @pytest.mark.parametrize("place", ["a@b.th{}Bcc: x@y.th", "a{}@b.th", "{}a@b.th", "a@b.th{}"])
    def test_no_line_break_gets_through(self, place: str, line_break: str) -> None:
        address, problem = read_email(place.format(line_break))
        assert address == ""
        assert problem is not None
        assert problem.code == "email_line_break"

    @given(st.text(max_size=30) | st.text(alphabet="ab@.+\r\n \u2028", max_size=12))
    def test_an_accepted_address_is_one_line_with_one_at(self, typed: str) -> None:
        address, problem = read_email(typed)
        if problem is None:
            assert address.isascii()
            assert address.isprintable()
            assert " " not in address
            assert address.count("@") == 1
            assert read_email(address) == (address, None)


class TestMailbox:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("Somsri@Example.GO.TH", "somsri@example.go.th"),
            ("a.b.c@gmail.com", "ABC@googlemail.com"),
            ("abc+office@gmail.com", "abc@gmail.com"),
        ],
    )
    def test_spellings_of_one_mailbox_have_one_key(self, left: str, right: str) -> None:
        assert email_key(left, fold_gmail=True) == email_key(right, fold_gmail=True)

    def test_other_services_keep_dots_and_tags(self) -> None:
        spellings = ["a.b@example.com", "ab@example.com", "ab+x@example.com", "ab@gmail.com"]
        assert len({email_key(spelling, fold_gmail=True) for spelling in spellings}) == 4

    def test_a_province_may_tell_gmails_spellings_apart(self) -> None:
        spellings = ["a.b@gmail.com", "ab@gmail.com", "ab+x@gmail.com", "ab@googlemail.com"]
        assert len({email_key(spelling, fold_gmail=False) for spelling in spellings}) == 4


class TestDecision:
    @pytest.mark.parametrize("cell", [True, "อนุมัติ", " อนุมัติ ", "อนุมัติ\u200b", "ใช่", "YES", "Yes", "yes"])
    def test_what_approves(self, cell: Cell) -> None:
        assert decide(cell, WORDS) is Decision.APPROVE

    @pytest.mark.parametrize("cell", ["ไม่อนุมัติ", " ไม่ อนุมัติ"])
    def test_what_refuses(self, cell: Cell) -> None:
        assert decide(cell, WORDS) is Decision.REFUSE

    @pytest.mark.parametrize("cell", [None, False, "", "  ", "\u200b"])
    def test_what_says_nothing(self, cell: Cell) -> None:
        assert decide(cell, WORDS) is Decision.NONE

    @pytest.mark.parametrize("cell", ["อนุมัติแล้วค่ะ", "รออนุมัติ", "no", "ไม่", "x", 1, 0, "TRUE", "อนุมัติ?", "อนุมัติ:"])
    def test_anything_else_is_pointed_out_and_does_nothing(self, cell: Cell) -> None:
        assert decide(cell, WORDS) is Decision.UNCLEAR

    @given(st.text(max_size=12))
    def test_no_other_word_ever_approves(self, word: str) -> None:
        if decide(word, WORDS) is Decision.APPROVE:
            squeezed = "".join(c for c in word.lower() if not c.isspace() and c.isprintable())
            assert squeezed in ("อนุมัติ", "ใช่", "yes")


class TestGrant:
    def test_a_good_row_is_granted(self) -> None:
        assert read_grant(ROW, WORDS, PLACES) == (
            Grant("somsri@example.go.th", "Somsri", "Jaidee", "อบต.ตัวอย่าง", Role.OFFICER, ()),
            [],
        )
        row = {**ROW, "role": "ผู้บริหาร", "area": "ดอนสูง, อ.เมืองทดสอบ", "last4": None}
        grant, problems = read_grant(row, WORDS, PLACES)
        assert not problems
        assert grant is not None
        assert grant.role is Role.EXECUTIVE
        assert grant.areas == (("ริมน้ำ", "ดอนสูง"), ("เมืองทดสอบ", ""))

    def test_everything_to_mend_is_named_at_once(self) -> None:
        row = {
            "email": "somsri",
            "first_name": "Som\nsri",
            "last_name": "Jai\u2028dee",
            "org": "a\rb",
            "last4": "123",
            "role": "หัวหน้า",
            "area": "ไม่มีที่นี่, กลาง",
        }
        grant, problems = read_grant(row, WORDS, PLACES)
        assert grant is None
        assert codes(problems) == [
            ("email_malformed", "email"),
            ("line_break", "first_name"),
            ("line_break", "last_name"),
            ("line_break", "org"),
            ("last4_malformed", "last4"),
            ("role_unknown", "role"),
            ("area_unknown", "area"),
            ("area_ambiguous", "area"),
        ]

    @pytest.mark.parametrize("typed", ["0123", "๐๑๒๓", " 0123 ", 1234])
    def test_four_digits_however_typed(self, typed: Cell) -> None:
        assert read_grant({**ROW, "last4": typed}, WORDS, PLACES)[1] == []

    @pytest.mark.parametrize("typed", ["123", "12345", "12a4", "", 123, 0.5])
    def test_what_is_not_four_digits(self, typed: Cell) -> None:
        assert codes(read_grant({**ROW, "last4": typed}, WORDS, PLACES)[1]) == [("last4_malformed", "last4")]

    @pytest.mark.parametrize("line_break", BREAKS)
    @pytest.mark.parametrize("column", ["first_name", "last_name", "org", "email"])
    def test_no_line_break_reaches_a_letter(self, column: str, line_break: str) -> None:
        grant, problems = read_grant({**ROW, column: f"a{line_break}b"}, WORDS, PLACES)
        assert grant is None
        assert [problem.column for problem in problems] == [column]


class TestRole:
    def test_a_blank_role_is_a_tambon_officers(self) -> None:
        for blank in (None, "", " "):
            assert read_role(blank, WORDS) == (Role.OFFICER, None)

    @pytest.mark.parametrize("role", list(Role))
    def test_each_role_has_its_word(self, role: Role) -> None:
        assert read_role(WORDS.roles[role], WORDS) == (role, None)
        assert read_role(f" {WORDS.roles[role].replace(' ', '')} ", WORDS) == (role, None)

    @pytest.mark.parametrize("typed", ["admin", "หัวหน้า", "เจ้าหน้าที่", True, 1])
    def test_no_other_word_is_a_role(self, typed: Cell) -> None:
        role, problem = read_role(typed, WORDS)
        assert role is None
        assert problem is not None
        assert (problem.code, problem.value) == ("role_unknown", str(typed))


class TestAreas:
    @pytest.mark.parametrize(
        ("typed", "areas"),
        [
            (None, ()),
            (" ", ()),
            ("ดอนสูง", (("ริมน้ำ", "ดอนสูง"),)),
            ("ต.ดอนสูง", (("ริมน้ำ", "ดอนสูง"),)),
            ("ตำบลดอนสูง อำเภอริมน้ำ", (("ริมน้ำ", "ดอนสูง"),)),
            ("ภูไกล", (("ภูไกล", ""),)),
            ("อ.ริมน้ำ", (("ริมน้ำ", ""),)),
            ("ต.ริมน้ำ", (("เมืองทดสอบ", "ริมน้ำ"),)),
            ("ต.กลาง อ.ริมน้ำ", (("ริมน้ำ", "กลาง"),)),
            ("อ.เมือง", (("เมืองทดสอบ", ""),)),
            ("ดอนสูง, ท่าช้าง\nอ.ภูไกล; ดอนสูง/", (("ริมน้ำ", "ดอนสูง"), ("ภูไกล", "ท่าช้าง"), ("ภูไกล", ""))),
        ],
    )
    def test_names_of_tambon_and_amphoe(self, typed: Cell, areas: tuple[tuple[str, str], ...]) -> None:
        assert read_areas(typed, PLACES) == (areas, [])

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("กลาง", "area_ambiguous"),
            ("ต.กลาง", "area_ambiguous"),
            ("ริมน้ำ", "area_ambiguous"),
            ("ไกลมาก", "area_unknown"),
            ("ต.ดอนสูง อ.ภูไกล", "area_unknown"),
            ("ต.ภูไกล", "area_unknown"),
            ("ดอนสุง", "area_unknown"),  # a near spelling is not guessed at
        ],
    )
    def test_a_guess_never_shows_people_to_the_wrong_officer(self, typed: str, code: str) -> None:
        areas, problems = read_areas(typed, PLACES)
        assert areas == ()
        assert codes(problems) == [(code, "area")]

    @given(st.lists(st.sampled_from(["ดอนสูง", "กลาง", "อ.ริมน้ำ", "ที่ไหน", "ต.กลาง อ.ภูไกล"]), max_size=4))
    def test_every_name_is_an_area_or_a_problem(self, names: list[str]) -> None:
        areas, problems = read_areas(", ".join(names), PLACES)
        good = {name for name in names if name in ("ดอนสูง", "อ.ริมน้ำ")}
        assert len(areas) == len(good)
        assert [problem.value for problem in problems] == [name for name in names if name not in good]

    @given(st.lists(st.sampled_from(EVERYWHERE), unique=True))
    def test_what_is_written_for_areas_is_read_as_these(self, areas: list[tuple[str, str]]) -> None:
        assert read_areas(area_text(areas), PLACES) == (tuple(areas), [])

    @pytest.mark.parametrize("province", ["ศรีสะเกษ", "ยะลา", "กรุงเทพมหานคร", "นครราชสีมา"])
    def test_every_place_of_a_province_can_be_written(self, province: str) -> None:
        places = load_places(province, [], {})
        areas = [(amphoe, tambon) for amphoe in places.amphoes() for tambon in ("", *places.tambons(amphoe))]
        assert read_areas(area_text(areas), places) == (tuple(areas), [])


class TestNextState:
    @pytest.mark.parametrize("state", list(State))
    @pytest.mark.parametrize("grantable", [True, False])
    def test_an_unclear_word_changes_nothing(self, state: State, grantable: bool) -> None:
        assert next_state(state, Decision.UNCLEAR, grantable=grantable) is state

    @pytest.mark.parametrize("state", list(State))
    def test_an_approval_of_a_good_row_makes_it_active(self, state: State) -> None:
        assert next_state(state, Decision.APPROVE, grantable=True) is State.ACTIVE

    @pytest.mark.parametrize("state", [state for state in State if state is not State.ACTIVE])
    def test_an_approval_of_a_row_to_mend_waits_for_the_mending(self, state: State) -> None:
        assert next_state(state, Decision.APPROVE, grantable=False) is State.FIX

    def test_an_account_outlives_a_slip_in_its_row(self) -> None:
        assert next_state(State.ACTIVE, Decision.APPROVE, grantable=False) is State.ACTIVE

    @pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.NONE])
    @pytest.mark.parametrize("state", [State.ACTIVE, State.REVOKED])
    @pytest.mark.parametrize("grantable", [True, False])
    def test_blanking_or_refusing_revokes(self, state: State, decision: Decision, grantable: bool) -> None:
        assert next_state(state, decision, grantable=grantable) is State.REVOKED

    @pytest.mark.parametrize("state", [State.PENDING, State.FIX, State.REFUSED])
    @pytest.mark.parametrize("grantable", [True, False])
    def test_one_that_was_never_active_is_refused_or_pending(self, state: State, grantable: bool) -> None:
        assert next_state(state, Decision.REFUSE, grantable=grantable) is State.REFUSED
        assert next_state(state, Decision.NONE, grantable=grantable) is State.PENDING

    @given(st.sampled_from(State), st.sampled_from(Decision), st.booleans())
    def test_deciding_again_changes_nothing(self, state: State, decision: Decision, grantable: bool) -> None:
        after = next_state(state, decision, grantable=grantable)
        assert next_state(after, decision, grantable=grantable) is after

    @given(st.lists(st.tuples(st.sampled_from(Decision), st.booleans()), max_size=8))
    def test_nobody_becomes_active_without_an_approval(self, history: list[tuple[Decision, bool]]) -> None:
        state = State.PENDING
        for decision, grantable in history:
            before, state = state, next_state(state, decision, grantable=grantable)
            if state is State.ACTIVE and before is not State.ACTIVE:
                assert decision is Decision.APPROVE
                assert grantable

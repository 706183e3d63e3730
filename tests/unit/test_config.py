"""The province file: all its problems at once, each with its line, and every word a province's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config import ConfigProblem, InvalidProvince, Province, load, secret
from bridge.domain.columns import Owner
from bridge.domain.sheets import LAYOUTS
from bridge.domain.workflow import resolve

SISAKET = Path(__file__).parents[2] / "config" / "sisaket.toml"
TEXT = SISAKET.read_text(encoding="utf-8")
Edit = tuple[str, str]
Loads = Callable[..., Province]


@pytest.fixture
def province(tmp_path: Path) -> Loads:
    def loads(*edits: Edit, text: str = TEXT) -> Province:
        """The sample with each (old, new) replaced once; `old` must be there."""
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "จังหวัด ทดสอบ.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return loads


def problems(province: Loads, *edits: Edit, text: str = TEXT) -> list[ConfigProblem]:
    with pytest.raises(InvalidProvince) as caught:
        province(*edits, text=text)
    return caught.value.problems


def line_of(mark: str, text: str = TEXT, after: str = "") -> int:
    """The line (from 1) of the first `mark` after the first `after`."""
    place = text.index(mark, text.index(after))
    return text.count("\n", 0, place) + 1


def edited(*edits: Edit) -> str:
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


class TestWhole:
    def test_the_sample_province_is_right(self, province: Loads) -> None:
        assert province().province.code == "SSK"

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidProvince) as caught:
            load(tmp_path / "province.toml")
        assert [problem.code for problem in caught.value.problems] == ["file_missing"]

    def test_a_file_that_notepad_saved(self, tmp_path: Path) -> None:
        path = tmp_path / "province.toml"
        path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
        assert load(path) == load(SISAKET)
        path.write_bytes(TEXT.encode("cp874", "replace"))
        with pytest.raises(InvalidProvince) as caught:
            load(path)
        assert [problem.code for problem in caught.value.problems] == ["not_utf8"]

    def test_what_is_no_toml_is_told_with_its_line(self, province: Loads) -> None:
        edit = ('waiting = "รอดำเนินการ"', 'waiting = "รอดำเนินการ')
        (problem,) = problems(province, edit)
        assert (problem.code, problem.line) == ("not_toml", line_of("waiting = ", edited(edit)))

    def test_every_problem_at_once_each_with_its_line(self, province: Loads) -> None:
        edits = [
            ('code = "SSK"', 'code = "ศก"'),
            ("sync_minutes = 5", "sync_minutes = 0"),
            ('publish_at = "18:00"', 'publish_at = "25:00"'),
            ('base_url = "https://portal.invalid"', 'base_url = "portal"'),
            ("daily_limit = 400", 'daily_limit = "มาก"'),
            ("port = 587", "prot = 587"),
            ('security = "starttls"', 'security = "ssl"'),
            ('helped = "ให้การช่วยเหลือแล้ว"', ""),
        ]
        text = edited(*edits)
        found = {problem.where: (problem.code, problem.line) for problem in problems(province, *edits)}
        assert found == {
            "province.code": ("invalid", line_of('code = "ศก"', text)),
            "schedule.sync_minutes": ("invalid", line_of("sync_minutes", text)),
            "schedule.publish_at": ("invalid", line_of("publish_at", text)),
            "portal.base_url": ("invalid", line_of("base_url", text)),
            "mail.daily_limit": ("invalid", line_of("daily_limit", text)),
            "mail.smtp.prot": ("unknown_word", line_of("prot = 587", text)),
            "mail.smtp.security": ("invalid", line_of('security = "ssl"', text)),
            "rules.helped": ("missing", line_of("[rules]", text)),
        }

    def test_a_whole_section_that_is_missing(self, province: Loads) -> None:
        start, end = TEXT.index("[reviews.decisions]"), TEXT.index("[reviews.states]")
        (problem,) = problems(province, text=TEXT[:start] + TEXT[end:])
        assert (problem.code, problem.where) == ("missing", "reviews.decisions")

    def test_a_section_that_nobody_knows(self, province: Loads) -> None:
        (problem,) = problems(province, text=TEXT + "\n[lottery]\nprice = 80\n")
        assert (problem.code, problem.where) == ("unknown_word", "lottery")
        assert problem.line == line_of("[lottery]", TEXT + "\n[lottery]")

    def test_a_blank_word_is_no_word(self, province: Loads) -> None:
        edit = ('received = "รับเรื่องแล้ว"', 'received = "  "')
        (problem,) = problems(province, edit)
        assert (problem.where, problem.line) == ("rules.received", line_of("received = ", edited(edit)))


class TestRules:
    """Tables that leave a word without an answer, or give it two, are refused (process.md section 4)."""

    @pytest.mark.parametrize(
        ("edit", "code", "mark", "after", "detail"),
        [
            (
                ('operation = "รับเรื่องแล้ว"', 'operation = " รอดำเนินการ "'),
                "rule_twice",
                'operation = " รอดำเนินการ',
                "",
                "รอดำเนินการ",
            ),
            (
                ('step = "เสนอคณะกรรมการพิจารณา"', 'step = "ตรวจสอบ เอกสาร"'),
                "rule_twice",
                'step = "ตรวจสอบ เอกสาร"',
                "",
                "ตรวจสอบ เอกสาร",
            ),
            (
                ('waiting = "รอดำเนินการ"', 'waiting = "รอก่อน"'),
                "operation_without_step",
                "waiting = ",
                "",
                "รอก่อน",
            ),
            (
                ('received = "รับเรื่องแล้ว"', 'received = "รับไว้"'),
                "operation_without_step",
                'received = "รับไว้"',
                "",
                "รับไว้",
            ),
            (
                ('step = "ตรวจสอบเอกสาร"', 'step = "อ่านเอกสาร"'),
                "step_without_outcome",
                'step = "อ่านเอกสาร"',
                "[[rules.steps]]",
                "อ่านเอกสาร",
            ),
            (
                ('helped = "ให้การช่วยเหลือแล้ว"', 'helped = "เสร็จ"'),
                "step_without_outcome",
                "helped = ",
                "",
                "เสร็จ",
            ),
            (('other_type = "อื่นๆ"', 'other_type = "อื่น"'), "unknown_word", "other_type", "", "อื่น"),
            (
                ('"ผู้มีรายได้น้อย",', '"ผู้มีรายได้น้อย", "ผู้มี รายได้น้อย",'),
                "word_twice",
                "case_types",
                "",
                "ผู้มี รายได้น้อย",
            ),
        ],
    )
    def test_an_incomplete_or_contradictory_table_is_refused_with_its_line(
        self, province: Loads, edit: Edit, code: str, mark: str, after: str, detail: str
    ) -> None:
        expected = (code, line_of(mark, edited(edit), after), detail)
        found = [(problem.code, problem.line, problem.detail) for problem in problems(province, edit)]
        assert expected in found

    def test_waiting_and_received_are_two_words(self, province: Loads) -> None:
        edits = [('received = "รับเรื่องแล้ว"', 'received = "รอดำเนินการ"')]
        (problem,) = problems(province, *edits)
        assert (problem.code, problem.line) == ("word_twice", line_of("received = ", edited(*edits)))

    @pytest.mark.parametrize("word", ["อนุมัติ", " อนุ มัติ"])
    def test_a_word_does_not_approve_and_refuse(self, province: Loads, word: str) -> None:
        (problem,) = problems(province, ('refuse = ["ไม่อนุมัติ"]', f'refuse = ["{word}"]'))
        assert problem.where == "access"
        assert problem.line == line_of("[access]")
        assert "อนุมัติ" in problem.detail

    @pytest.mark.parametrize(
        ("accent", "told"), [("#767676", 0), ("#777777", 1), ("#ffd500", 1), ("#000000", 0)]
    )
    def test_white_letters_can_be_read_on_the_accent(self, province: Loads, accent: str, told: int) -> None:
        """WCAG 2.2, 1.4.3: #767676 is the palest grey that white may stand on."""
        edit = ('accent = "#1d4f91"', f'accent = "{accent}"')
        if told:
            found = [(one.line, one.code, one.detail) for one in problems(province, edit)]
            assert found == [(line_of("accent ="), "pale_accent", accent)]
        else:
            assert province(edit).portal.accent == accent

    def test_smtp_needs_a_host(self, province: Loads) -> None:
        (problem,) = problems(province, ('backend = "folder"', 'backend = "smtp"'))
        assert (problem.where, problem.line) == ("mail", line_of("[mail]"))
        assert "mail.smtp.host" in problem.detail

    def test_several_kinds_of_trouble_at_once(self, province: Loads) -> None:
        edits = [
            ('waiting = "รอดำเนินการ"', 'waiting = "รอก่อน"'),
            ('{ key = "age", header = "อายุ(ปี)", width = 9 },', ""),
            ('title = "เลข 13 หลัก"', 'title = "บ้านเลขที่"'),
        ]
        codes = {(problem.code, problem.detail) for problem in problems(province, *edits)}
        assert codes == {
            ("operation_without_step", "รอก่อน"),
            ("column_missing", "age"),
            ("word_twice", "บ้านเลขที่"),
        }


class TestSheetsAndForms:
    @pytest.mark.parametrize("name", list(LAYOUTS))
    def test_a_column_that_is_missing_doubled_or_unknown(self, province: Loads, name: str) -> None:
        section = TEXT[TEXT.index(f"[sheets.{name}]") :]
        start = section.index("    { key")
        first = section[start : section.index("\n", start)]
        for replacement, code in (
            ("", "column_missing"),
            (f"{first}\n{first}", "word_twice"),
            (f'{first}\n    {{ key = "lottery", header = "หวย" }},', "unknown_word"),
        ):
            edit = (first, replacement)
            found = problems(province, text=TEXT.replace(section, section.replace(*edit, 1)))
            assert code in {problem.code for problem in found}
            assert {problem.where for problem in found} == {f"sheets.{name}.columns"}
            assert {problem.line for problem in found} == {line_of("columns = [", after=f"[sheets.{name}]")}

    def test_two_columns_never_share_a_header(self, province: Loads) -> None:
        (problem,) = problems(province, ('header = "ตำบล", width', 'header = "อำ เภอ", width'))
        assert (problem.code, problem.where) == ("word_twice", "sheets.cases.columns")

    def test_two_tabs_of_one_workbook_never_share_a_name(self, province: Loads) -> None:
        edit = ('tab = "ตรวจสอบ"', 'tab = "ทะเบียน เคส"')
        (problem,) = problems(province, edit)
        assert (problem.code, problem.line) == ("word_twice", line_of('tab = "ทะเบียน เคส"', edited(edit)))

    @pytest.mark.parametrize("tab", ["", "ก" * 32, "a/b", "a\\\\b", "a?b", "[a]", "a:b", "a*b"])
    def test_a_tab_has_a_name_that_a_workbook_takes(self, province: Loads, tab: str) -> None:
        edit = ('tab = "ทะเบียนเคส"', f'tab = "{tab}"')
        (problem,) = problems(province, edit)
        assert (problem.where, problem.line) == (
            "sheets.cases.tab",
            line_of("tab = ", edited(edit), "[sheets.cases]"),
        )

    @pytest.mark.parametrize(
        ("form", "column"), [("access", "email"), ("cases", "person_name"), ("cases", "national_id")]
    )
    def test_a_form_asks_what_an_answer_is_known_by(self, province: Loads, form: str, column: str) -> None:
        section = f'[[forms.{form}.questions]]\ncolumn = "{column}"'
        start = TEXT.index(section)
        end = TEXT.index("[[", start + 2)
        found = problems(province, text=TEXT[:start] + TEXT[end:])
        assert ("question_missing", column) in {(problem.code, problem.detail) for problem in found}

    def test_a_question_belongs_to_a_column(self, province: Loads) -> None:
        edit = ('column = "moo"', 'column = "village"')
        (problem,) = problems(province, edit)
        assert (problem.code, problem.line, problem.detail) == (
            "unknown_word",
            line_of('column = "village"', edited(edit)),
            "village",
        )

    def test_two_questions_never_share_a_title(self, province: Loads) -> None:
        edit = ('aliases = ["หมู่ที่"]', 'aliases = ["หมู่ที่", "บ้าน เลขที่"]')
        (problem,) = problems(province, edit)
        line = line_of("title", edited(edit), 'column = "moo"')
        assert (problem.code, problem.line, problem.detail) == ("word_twice", line, "บ้าน เลขที่")


class TestMeaning:
    def test_ownership_is_not_configuration(self, province: Loads) -> None:
        found = problems(province, ('{ key = "checked", ', '{ key = "checked", owner = "bridge", '))
        assert "unknown_word" in {problem.code for problem in found}
        table = province().table("cases")
        assert table.key == "case_id"
        assert table.by_key["checked"].owner is Owner.STAFF

    def test_drop_downs_follow_the_rules(self, province: Loads) -> None:
        columns = province().table("cases").by_key
        assert columns["operation"].choices == ("รอดำเนินการ", "รับเรื่องแล้ว")
        assert columns["step"].choices[0] == "ยังไม่รับเรื่อง"
        assert len(columns["step"].choices) == 5
        assert "สงเคราะห์คนพิการ" in columns["case_type"].choices
        assert columns["requester"].choices == ("ยื่นเอง", "ยื่นแทน")

    def test_another_provinces_words_need_no_code(self, province: Loads) -> None:
        text = TEXT
        for old, new in (
            ("รอดำเนินการ", "รอรับเรื่อง"),
            ("รับเรื่องแล้ว", "ลงรับแล้ว"),
            ("ตรวจสอบเอกสาร", "อ่านเอกสาร"),
            ("ไม่พบข้อมูล", "ไม่แน่ชัด"),
            ("รหัสเคส", "เลขที่เคส"),
            ("เลข 13 หลัก", "เลขประจำตัวผู้เดือดร้อน"),
            ("เจ้าหน้าที่ตำบล", "ผู้ประสาน"),
        ):
            text = text.replace(old, new)
        found = province(text=text)
        rules = found.workflow()
        assert resolve({}, {}, rules)[0]["operation"] == "รอรับเรื่อง"
        assert resolve({"receipt_no": "1"}, {}, rules)[0] == {
            "operation": "ลงรับแล้ว",
            "step": "อ่านเอกสาร",
            "outcome": "รอพิจารณา",
        }
        assert rules.suggest_step("รับเรื่องแล้ว") == "ไม่แน่ชัด"
        assert found.table("cases").by_key["case_id"].header == "เลขที่เคส"
        titles = {question.column: question.titles for question in found.form("cases").questions}
        assert titles["national_id"][0] == "เลขประจำตัวผู้เดือดร้อน"
        assert found.access.roles.officer == "ผู้ประสาน"

    def test_one_more_step_and_operation_need_no_code(self, province: Loads) -> None:
        more = (
            '[[rules.steps]]\noperation = "ส่งต่อหน่วยอื่น"\nstep = "ปิดเรื่อง"\n\n'
            '[[rules.outcomes]]\nstep = "ปิดเรื่อง"\noutcome = "ส่งต่อ"\n\n'
        )
        mark = "[[rules.outcomes]]"
        found = province((mark, more + mark))
        assert resolve({"operation": "ส่งต่อหน่วยอื่น"}, {}, found.workflow())[0] == {
            "operation": "ส่งต่อหน่วยอื่น",
            "step": "ปิดเรื่อง",
            "outcome": "ส่งต่อ",
        }
        assert found.table("cases").by_key["operation"].choices[-1] == "ส่งต่อหน่วยอื่น"

    def test_the_form_of_the_sample_is_that_of_the_process(self, province: Loads) -> None:
        form = province().form("cases")
        starred = {question.column for question in form.questions if question.required}
        assert {"sender_name", "sender_org", "case_type", "person_name", "problem", "national_id"} <= starred
        assert [question.titles[0] for question in form.questions][:3] == [
            "ชื่อ - สกุลผู้ส่ง",
            "หน่วยงานองค์กรผู้ส่ง ระบุ",
            "เบอร์โทรศัพท์ติดต่อ",
        ]

    def test_a_province_is_read_only(self, province: Loads) -> None:
        with pytest.raises(ValueError):
            province().rules.waiting = "x"  # type: ignore[misc]


def test_a_secret_comes_from_the_environment_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "รหัส.txt"
    file.write_text(" ความลับ \n", encoding="utf-8")
    monkeypatch.delenv("BRIDGE_TEST_PASSWORD", raising=False)
    assert secret("BRIDGE_TEST_PASSWORD") == ""
    assert secret("BRIDGE_TEST_PASSWORD", str(file)) == "ความลับ"
    file.write_text("จากโน้ตแพด\r\n", encoding="utf-8-sig")
    assert secret("BRIDGE_TEST_PASSWORD", str(file)) == "จากโน้ตแพด"
    monkeypatch.setenv("BRIDGE_TEST_PASSWORD", "x")
    assert secret("BRIDGE_TEST_PASSWORD", str(file)) == "x"


class TestBenefits:
    """Limits are data: what cannot be meant is told with its line."""

    FIRST, REPAIR = "[[benefits]]", 'section = "1.3.3"'

    @pytest.mark.parametrize(
        ("old", "new", "code", "where"),
        [
            ('section = "1.2.2"', 'section = "1.1.3" # again', "word_twice", "benefits.1.section"),
            ('case_types = ["เด็กใน', 'case_types = ["เด็กนอก', "unknown_word", "benefits.0.case_types"),
            ('together = ["1.3.11"]', 'together = ["9.9"]', "unknown_word", "benefits.2.together"),
            ("amount = 1000\n", "amount = 0\n", "invalid", "benefits.0.amount"),
            ('per = "family"\namount = 1000', 'per = "tambon"\namount = 1000', "invalid", "benefits.0.per"),
            ("max_age = 60", "max_age = 600", "invalid", "benefits.2.max_age"),
        ],
    )
    def test_a_wrong_benefit(self, province: Loads, old: str, new: str, code: str, where: str) -> None:
        (problem,) = problems(province, (old, new))
        assert (problem.code, problem.where) == (code, where)
        assert problem.line == line_of(new.splitlines()[0], edited((old, new)), self.FIRST)

    def test_a_wrong_variant_is_told_with_its_own_line(self, province: Loads) -> None:
        edit = ("amount = 40000\ntotal = 40000\nwords", "amount = -1\ntotal = 40000\nwords")
        (problem,) = problems(province, edit)
        assert problem.where == "benefits.4.variants.0.amount"
        assert problem.line == line_of("amount = -1", edited(edit))

    @pytest.mark.parametrize(
        "edit",
        [
            ("amount = 22500\ntotal = 22500", "amount = 22500\ntotal = 20000"),
            ('classifier = "คน"', 'classifier = ""'),
            ('other_words = ["ครอบครัวผู้ประสบปัญหา", "ครอบครัวประสบปัญหา", "สตรี"]', ""),
            ("min_age = 61", "min_age = 61\nmax_age = 60"),
        ],
    )
    def test_what_cannot_be_meant(self, province: Loads, edit: Edit) -> None:
        (problem,) = problems(province, edit)
        assert problem.code == "invalid"

    def test_a_step_for_missing_papers_that_nobody_knows(self, province: Loads) -> None:
        edit = ('incomplete = "เอกสารไม่สมบูรณ์ ติดต่อ จนท."', 'incomplete = "ขาดเอกสาร"')
        (problem,) = problems(province, edit)
        assert (problem.code, problem.where) == ("step_without_outcome", "rules.incomplete")

    def test_a_file_from_before_there_were_limits(self, province: Loads) -> None:
        text = TEXT[: TEXT.index(self.FIRST)]
        for word in ("go_on", "accept", "limit", "payment", "papers", "access", "incomplete"):
            text = "\n".join(line for line in text.splitlines() if not line.startswith(f"{word} = "))
        old, new = province(text=text), province()
        assert old.limits() == []
        assert old.reviews.decisions == new.reviews.decisions
        assert old.reviews.kinds == new.reviews.kinds
        assert old.workflow().lacks_papers("เอกสารไม่สมบูรณ์ ติดต่อ จนท.") is False

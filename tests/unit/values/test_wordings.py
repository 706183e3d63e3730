"""Every problem that the readers find has a Thai wording that its facts fill."""

import ast
import string
import tomllib
from pathlib import Path

from hypothesis import given

from bridge.domain.values import address, baht, national_id, person_name, phone, thai_date
from tests.unit.values.cells import any_cell
from tests.unit.values.test_address import PLAIN, former_places

ROOT = Path(__file__).parents[3]
WORDINGS = tomllib.loads((ROOT / "config/messages.d/values.toml").read_text("utf-8"))["problem"]
PREFIXES = (
    "id_",
    "date_",
    "name_",
    "phone_",
    "house_",
    "moo_",
    "age_",
    "tambon_",
    "amphoe_",
    "place_",
    "baht_",
)


def codes_in_use():
    """Text constants of the readers that are shaped like a code."""
    return {
        node.value
        for path in (ROOT / "bridge/domain/values").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.isidentifier()
        and node.value.startswith(PREFIXES)
        and not hasattr(address, node.value)
    }


def test_each_code_has_a_wording_and_each_wording_a_code():
    assert codes_in_use() == set(WORDINGS)


def test_wordings_are_thai_and_show_what_was_typed():
    for code, wording in WORDINGS.items():
        names = {name for _, name, _, _ in string.Formatter().parse(wording) if name}
        assert "value" in names, code
        assert any("ก" <= letter <= "๛" for letter in wording), code


TYPED = (
    *("1103700000000", "1.1E+12", "123", "12345678901", "1101700230707", "012345678901", "x"),
    *(
        "10/8/65",
        "8/25/2022",
        "20220810",
        "44783",
        "012022",
        "30/2/2565",
        "1/1/3000",
        "1/1/2565 99:99",
        12022,
        25,
    ),
    *("นายโม", "พระดี ใจดี", "ก ข ค", "ก1 ข", "0812345678 0891234567", "0812345678 แม่"),
    *("10-ม.ค.", 46032, "136 ม.1", "99 ซอย 5", "7 บ้านโนน", "18 เดือน", "ประมาณ 70", "121", "-5"),
    *("3.000", "สามพัน", "โนนสูง", "ลิ้นฟา", "เมือง", "ขุนหาณ", "น้ำเกลี้ยงเดิม"),
)


FORMER = former_places()


def problems_of(cell):
    readers = (address.house_no, address.moo, address.age, baht.parse, national_id.parse, person_name.parse)
    readings = [read(cell) for read in (*readers, phone.parse, thai_date.parse)]
    for tambon, amphoe in ((cell, None), (cell, "ยางชุมน้อย"), ("ลิ้นฟ้า", cell)):
        place = PLAIN.check(tambon, amphoe)
        former = FORMER.check(tambon, amphoe)
        readings += [place.tambon, place.amphoe, former.tambon, former.amphoe]
    return [reading.problem for reading in readings if reading.problem]


def sentence(problem):
    return WORDINGS[problem.code].format(value=problem.value, **problem.facts)


def test_every_wording_is_filled_by_the_facts_of_its_problem():
    seen = set()
    for cell in TYPED:
        for problem in problems_of(cell):
            seen.add(problem.code)
            assert problem.value in sentence(problem)
    # These need a checksum that a lost zero mends.
    assert set(WORDINGS) - seen <= {"id_lost_zero"}


def test_the_wording_of_a_lost_zero_shows_the_suggestion():
    whole = "012345678901" + national_id.check_digit("012345678901")
    problem = national_id.parse(whole[1:]).problem
    assert whole in sentence(problem)


@given(any_cell)
def test_whatever_the_cell_its_problems_can_be_worded(cell):
    for problem in problems_of(cell):
        assert problem.value in sentence(problem)

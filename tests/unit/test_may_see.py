"""Who may see a record about a person."""

from __future__ import annotations

import pytest

from bridge.domain.access import Role, may_see

HERE = {"amphoe": "กันทรลักษ์", "tambon": "เสาธงชัย", "sender_org": "อบต. เสาธงชัย"}


@pytest.mark.parametrize(
    ("areas", "org", "seen"),
    [
        ([("กันทรลักษ์", "")], "", True),
        ([("กันทรลักษ์", "เสาธงชัย")], "", True),
        ([("กันทรลักษ์", "น้ำอ้อม")], "", False),
        ([("ขุนหาญ", "เสาธงชัย")], "", False),
        ([("ขุนหาญ", ""), ("กันทรลักษ์", "เสาธงชัย")], "", True),
        ([("ขุนหาญ", "")], "อบต. เสาธงชัย", False),
        ([], "อบต.  เสาธงชัย", True),
        ([], "อบต.บึงมะลู", False),
        ([], "", False),
    ],
)
def test_an_officer_sees_the_area_or_the_own_organisations(
    areas: list[tuple[str, str]], org: str, seen: bool
) -> None:
    assert may_see(Role.OFFICER, areas, org, HERE) is seen


def test_a_record_without_a_place_or_sender_is_nobodys() -> None:
    assert not may_see(Role.OFFICER, [("", "")], "", {})
    assert not may_see(Role.OFFICER, [], "", {"sender_org": ""})


def test_the_office_sees_all_and_executives_nobody() -> None:
    assert may_see(Role.STAFF, [], "", {}) and may_see(Role.ADMIN, [], "", {})
    assert not may_see(Role.EXECUTIVE, [("กันทรลักษ์", "")], "อบต. เสาธงชัย", HERE)

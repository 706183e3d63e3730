"""The three sheets that people work in: what each column holds and who owns it (process.md sections 1 and 3).

A province words its headers; ownership is not configuration, because the merge is safe only by it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.domain.cells import Kind
from bridge.domain.columns import Column, Owner, Table

_FORM, _STAFF, _BRIDGE, _SUGGESTED = Owner.FORM, Owner.STAFF, Owner.BRIDGE, Owner.SUGGESTED
_TEXT = Kind.TEXT

CASES = {
    "case_id": (_BRIDGE, _TEXT),
    "submitted_at": (_FORM, Kind.DATETIME),
    "sender_name": (_FORM, _TEXT),
    "sender_org": (_FORM, _TEXT),
    "sender_phone": (_FORM, _TEXT),
    "letter_no": (_FORM, _TEXT),
    "letter_date": (_FORM, Kind.DATE),
    "case_type": (_FORM, _TEXT),
    "requester": (_FORM, _TEXT),
    "person_name": (_FORM, _TEXT),
    "problem": (_FORM, _TEXT),
    "national_id": (_FORM, _TEXT),
    "age": (_FORM, Kind.NUMBER),
    "house_no": (_FORM, _TEXT),
    "moo": (_FORM, _TEXT),
    "tambon": (_FORM, _TEXT),
    "amphoe": (_FORM, _TEXT),
    "person_phone": (_FORM, _TEXT),
    "source": (_FORM, _TEXT),
    "checked": (_STAFF, Kind.MARK),
    "receipt_no": (_STAFF, _TEXT),
    "received_date": (_STAFF, Kind.DATE),
    "operation": (_SUGGESTED, _TEXT),
    "step": (_SUGGESTED, _TEXT),
    "outcome": (_SUGGESTED, _TEXT),
    "amount": (_STAFF, Kind.NUMBER),
    "goods": (_STAFF, _TEXT),
    "transfer_date": (_STAFF, Kind.DATE),
    "officer": (_STAFF, _TEXT),
    "duplicate_of": (_BRIDGE, _TEXT),
    "in_tpmap": (_BRIDGE, _TEXT),
    "review": (_BRIDGE, _TEXT),
}

REVIEWS = {
    "item": (_BRIDGE, _TEXT),
    "found_at": (_BRIDGE, Kind.DATETIME),
    "kind": (_BRIDGE, _TEXT),
    "case_id": (_BRIDGE, _TEXT),
    "file": (_BRIDGE, _TEXT),
    "row": (_BRIDGE, _TEXT),
    "column": (_BRIDGE, _TEXT),
    "value": (_BRIDGE, _TEXT),
    "other": (_BRIDGE, _TEXT),
    "reason": (_BRIDGE, _TEXT),
    "decision": (_STAFF, _TEXT),
    "note": (_STAFF, _TEXT),
    "status": (_BRIDGE, _TEXT),
}

ACCESS = {
    "number": (_BRIDGE, Kind.NUMBER),
    "date": (_FORM, Kind.DATE),
    "time": (_FORM, _TEXT),
    "org": (_FORM, _TEXT),
    "first_name": (_FORM, _TEXT),
    "last_name": (_FORM, _TEXT),
    "last4": (_FORM, _TEXT),
    "email": (_FORM, _TEXT),
    "phone": (_FORM, _TEXT),
    "approval": (_STAFF, Kind.MARK),
    "role": (_STAFF, _TEXT),
    "area": (_STAFF, _TEXT),
    "state": (_BRIDGE, _TEXT),
    "mailed_at": (_BRIDGE, Kind.DATETIME),
    "note": (_BRIDGE, _TEXT),
}

LAYOUTS: Mapping[str, tuple[str, Mapping[str, tuple[Owner, Kind]]]] = {
    "cases": ("case_id", CASES),
    "reviews": ("item", REVIEWS),
    "access": ("number", ACCESS),
}


def build_table(
    name: str,
    tab: str,
    headers: list[tuple[str, str, int, tuple[str, ...], tuple[str, ...]]],
) -> Table:
    """A table from its wording: (key, header, width, aliases, choices) for each column, in sheet order."""
    identity, layout = LAYOUTS[name]
    columns = tuple(
        Column(
            key=key,
            header=header,
            owner=layout[key][0],
            kind=layout[key][1],
            aliases=aliases,
            choices=choices,
            width=width,
        )
        for key, header, width, aliases, choices in headers
    )
    return Table(name=name, tab=tab, key=identity, columns=columns)

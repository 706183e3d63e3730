"""What cases and rows of the register say about their person, as columns of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.cells import Cell, as_text
from bridge.domain.matching.people import COLUMNS, People, read

# Column of the comparison -> column of the sheet, and of the register.
CASE_COLUMNS: Final = {
    "name": "person_name",
    "national_id": "national_id",
    "house_no": "house_no",
    "moo": "moo",
    "tambon": "tambon",
    "amphoe": "amphoe",
    "phone": "person_phone",
}
REGISTER_COLUMNS: Final = {name: name for name in COLUMNS if not name.startswith("street")}
_LONGEST: Final = 200  # characters; prose in a cell is nobody's name

Said = tuple[str, ...]


def said(values: Mapping[str, Cell], columns: Mapping[str, str]) -> Said:
    """The texts of `columns`, in their order; () where nothing is said at all."""
    texts = tuple(storable(as_text(values.get(column))) for column in columns.values())
    return texts if any(texts) else ()


def storable(text: str) -> str:
    """Not too long, and without what no database keeps."""
    plain = text[:_LONGEST]
    return plain if plain.isprintable() else plain.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def people_of(rows: Sequence[Said], columns: Mapping[str, str]) -> People:
    """None of the rows is ()."""
    texts = list(zip(*rows, strict=True)) or [()] * len(columns)
    return read({name: list(column) for name, column in zip(columns, texts, strict=True)})

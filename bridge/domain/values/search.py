"""What people type into a search box, and the keys that it is looked for in.

A key is a text without what people leave out or write in several ways: titles, spaces, dots, tone marks, the
signs over silent letters, case, Thai digits. A person is found where every word of the search is a part of
the person's key; so one letter finds as much as it should, on every database.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bridge.domain.cells import Cell, as_text
from bridge.domain.values.text import clean, fold, word_key
from bridge.domain.values.titles import split_often, split_title

# Characters of a key; the rest of a longer name is not searched. PostgreSQL's indexes take 2,700 bytes in all.
LONGEST_NAME: Final = 120
LONGEST_PLACE: Final = 50
LONGEST_ORG: Final = 100
# No letter of any key: a key cannot reach from one part of a person into the next.
_TAMBON_MARK, _AMPHOE_MARK, _NUMBER_MARK = "=", "@", "#"

# Letters, digits, and the vowels above and below a consonant; not the tones and signs above those.
_LEFT_OUT: Final = re.compile("[^\\w\u0e31\u0e34-\u0e3a]|_")
# After a space or at the beginning: `ร.ต.อ.` is a rank.
_TAMBON: Final = re.compile(r"(?:(?<!\S)ต\.|ตำบล)\s*(?P<name>(?:(?!อ\.|อำเภอ|กิ่งอำเภอ|ตำบล)\S)+)")
_AMPHOE: Final = re.compile(r"(?:(?<!\S)อ\.|(?:กิ่ง)?อำเภอ)\s*(?P<name>\S+)")
_PLACE_WORD: Final = re.compile(r"^(?:ตำบล|ต\.|กิ่ง\s*อำเภอ|กิ่ง\s*อ\.|อำเภอ|อ\.)\s*")
_DIGITS: Final = re.compile("[0-9]+")


# Thai as it is mostly written: one consonant after a leading vowel, no two vowel signs on one consonant, and nothing
# that looks like something else. Of such a text only tones and spaces are left out.
_PLAIN: Final = re.compile(
    "(?:[เแโใไ]?[ก-ฮ](?:[\u0e31\u0e34-\u0e39]?[\u0e47-\u0e4c]?|[\u0e48-\u0e4b]?ำ)[ะา]?| )*"
)
_TONES_AND_SPACES: Final = re.compile("[\u0e47-\u0e4c ]+")


def search_key(text: str) -> str:
    """The text as it is compared. Idempotent."""
    if _PLAIN.fullmatch(text):
        return _TONES_AND_SPACES.sub("", text)
    return _squeezed(_squeezed(text))  # what stood apart before may look like another letter now


def _squeezed(text: str) -> str:
    return _LEFT_OUT.sub("", fold(text))


def name_key(name: Cell, title: Cell = None) -> str:
    """A person's name without its title. Where the title has a cell of its own, the name loses that title
    only: what begins like another one is part of the name."""
    text, said = clean(as_text(name)), _title(as_text(title))
    found, rest = split_often(text)
    other = bool(said) and found != said
    return search_key(text if other or not rest else rest)


@lru_cache(maxsize=4096)
def _title(typed: str) -> str:
    said = clean(typed)
    return split_title(said)[0] or said


def person_key(name: str, tambon: Cell, amphoe: Cell, number: str = "") -> str:
    """Everything that a person is found by: a `name_key`, the place, and a number where there is one."""
    parts = [
        name[:LONGEST_NAME],
        _TAMBON_MARK + _place_key(as_text(tambon)),
        _AMPHOE_MARK + _place_key(as_text(amphoe)),
    ]
    return "".join(parts) + (_NUMBER_MARK + search_key(number)[:LONGEST_PLACE] if number else "")


def parts(key: str) -> tuple[str, str, str]:
    """The name, the tambon and the amphoe of a `person_key` without a number; the places with their marks."""
    name, _, places = key.partition(_TAMBON_MARK)
    tambon, _, amphoe = places.partition(_AMPHOE_MARK)
    return name, _TAMBON_MARK + tambon, _AMPHOE_MARK + amphoe


@lru_cache(maxsize=4096)  # a province has a few hundred names, typed in a few thousand ways
def _place_key(name: str) -> str:
    return search_key(place_name(name))[:LONGEST_PLACE]


def place_name(cell: Cell) -> str:
    """The name of a tambon or amphoe without the word for it, in one short printable line."""
    return _place_name(as_text(cell))


@lru_cache(maxsize=4096)
def _place_name(typed: str) -> str:
    return printable(_PLACE_WORD.sub("", clean(typed)), LONGEST_PLACE)


def printable(text: str, most: int) -> str:
    """What a column of text keeps on every database."""
    return "".join(letter for letter in text if letter.isprintable())[:most]


def level_key(cell: Cell) -> str:
    """The level of vulnerability as its digits (`2` of `ระดับ ๒`); blank where the cell has none."""
    return _level_key(as_text(cell))


@lru_cache(maxsize=1024)
def _level_key(typed: str) -> str:
    found = _DIGITS.search(fold(typed))
    return found[0][:10] if found else ""


def org_key(cell: Cell) -> str:
    """An organisation's name as it is compared, bounded for an index."""
    return _org_key(as_text(cell))


def operation_key(cell: Cell) -> str:
    """A word of the office's lists as it is compared, bounded for an index."""
    return _operation_key(as_text(cell))


@lru_cache(maxsize=1024)
def _operation_key(word: str) -> str:
    return printable(word_key(word), LONGEST_PLACE)


@lru_cache(maxsize=4096)
def _org_key(name: str) -> str:
    return printable(word_key(name), LONGEST_ORG)


def needles(typed: str) -> tuple[str, ...]:
    """What must all be part of a `person_key`; nothing when there is no letter or digit in what was typed.

    `ต.` and `อ.` (or the whole word) make the name after them one of a place; a title before a name is left out.
    """
    text = fold(typed)
    found: list[str] = []
    for mark, pattern in ((_TAMBON_MARK, _TAMBON), (_AMPHOE_MARK, _AMPHOE)):
        found += [
            mark + key for key in (search_key(match["name"]) for match in pattern.finditer(text)) if key
        ]
        text = pattern.sub(" ", text)
    text = clean(text)
    rest = split_title(text)[1] or text
    words = [search_key(word) for word in (rest if search_key(rest) else text).split(" ")]
    return tuple(dict.fromkeys([*found, *filter(None, words)]))

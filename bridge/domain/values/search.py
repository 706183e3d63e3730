"""What people type into a search box, and the keys that it is looked for in.

A key is a text without what people leave out or write in several ways: titles, dots, tone marks, the signs over
silent letters, case, Thai digits. A person is found where the person's key holds every word of the search, whatever the
spaces in it; so one letter finds as much as it should, on every database.
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
LONGEST_HOUSE: Final = 20
# No letter of any key: a key cannot reach from one part of a person into the next.
MARKS: Final = "=@!#"
_TAMBON_MARK, _AMPHOE_MARK, _HOUSE_MARK, _NUMBER_MARK = MARKS
_PARTS: Final = re.compile(f"(?=[{MARKS}])")

# Letters, digits, and the vowels above and below a consonant; not the tones and signs above those.
_LEFT_OUT: Final = re.compile("[^\\w\u0e31\u0e34-\u0e3a]|_")
# After a space or at the beginning: `ร.ต.อ.` is a rank.
_TAMBON: Final = re.compile(r"(?:(?<!\S)ต\.|ตำบล)\s*(?P<name>(?:(?!อ\.|อำเภอ|กิ่งอำเภอ|ตำบล)\S)+)")
_AMPHOE: Final = re.compile(r"(?:(?<!\S)อ\.|(?:กิ่ง)?อำเภอ)\s*(?P<name>\S+)")
_PLACE_WORD: Final = re.compile(r"^(?:ตำบล|ต\.|กิ่ง\s*อำเภอ|กิ่ง\s*อ\.|อำเภอ|อ\.)\s*")
_HOUSE_WORD: Final = re.compile(r"(?<!\S)(?:บ้าน)?เลขที่\s*(?=[0-9])")
_HOUSE: Final = re.compile("[0-9]+(?:/[0-9]+)+")  # as a word of a search; without the stroke it is any number
_DIGITS: Final = re.compile("[0-9]+")
# An id as the card has it: `1 2345 67890 12 3`.
_SPACED_ID: Final = re.compile(r"(?<!\S)[0-9](?:[ \-]?[0-9]){12}(?!\S)")


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
    """A person's name without its title, its words apart. Where the title has a cell of its own, the name loses
    that title only: what begins like another one is part of the name."""
    text, said = clean(as_text(name)), _title(as_text(title))
    found, rest = split_often(text)
    other = bool(said) and found != said
    return " ".join(filter(None, map(_word_key, (text if other or not rest else rest).split(" "))))


_word_key = lru_cache(maxsize=65_536)(search_key)  # given and family names; a province has fewer


@lru_cache(maxsize=4096)
def _title(typed: str) -> str:
    said = clean(typed)
    return split_title(said)[0] or said


def person_key(name: str, tambon: Cell, amphoe: Cell, house: Cell = None, number: str = "") -> str:
    """Everything that a person is found by: a `name_key`, the place, a house and a case's number where they are."""
    parts = [
        name[:LONGEST_NAME].rstrip(" "),
        _TAMBON_MARK + _place_key(as_text(tambon)),
        _AMPHOE_MARK + _place_key(as_text(amphoe)),
    ]
    home = _house_key(as_text(house))
    parts += [_HOUSE_MARK + home] if home else []
    parts += [_NUMBER_MARK + search_key(number)[:LONGEST_PLACE]] if number else []
    return "".join(parts)


def parts(key: str) -> tuple[str, str, str, str]:
    """The name of a `person_key`, its tambon and amphoe with their marks, its house and its number ("" for none)."""
    rest, _, number = key.partition(_NUMBER_MARK)
    rest, _, house = rest.partition(_HOUSE_MARK)
    name, mark, place = rest.partition(_TAMBON_MARK)
    return name, mark + place, house, number


def words(key: str) -> list[str]:
    """The words of a `person_key`: those of its name, its places with their marks and without, its house."""
    name, place, house, _ = parts(key)
    marked = list(filter(None, _PARTS.split(place)))
    return [word for word in (*name.split(" "), *marked, *(each[1:] for each in marked), house) if word]


def holds(key: str, needle: str) -> bool:
    """Whether a search for the needle finds the person of this key; people type names together, too."""
    return needle in key.replace(" ", "")


@lru_cache(maxsize=65_536)
def _house_key(text: str) -> str:
    return "".join(search_key(part) or part for part in re.split("(/)", fold(text)))[:LONGEST_HOUSE].strip(
        "/"
    )


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


def identity_key(cell: Cell) -> str:
    """The 13 digits of an id, right or wrong; blank where they are not 13."""
    key = search_key(as_text(cell))
    return key if is_identity(key) else ""


def is_identity(needle: str) -> bool:
    """Whether it is looked for as a whole id, and nothing else."""
    return len(needle) == 13 and needle.isascii() and needle.isdigit()


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

    `ต.` and `อ.` (or the whole word) make the name after them one of a place; a title before a name is left out;
    a number with a stroke is a house's.
    """
    text = together(_HOUSE_WORD.sub("", fold(typed)))
    found: list[str] = []
    for mark, pattern in ((_TAMBON_MARK, _TAMBON), (_AMPHOE_MARK, _AMPHOE)):
        found += [
            mark + key for key in (search_key(match["name"]) for match in pattern.finditer(text)) if key
        ]
        text = pattern.sub(" ", text)
    text = clean(text)
    rest = split_title(text)[1] or text
    words = [_word(word) for word in (rest if search_key(rest) else text).split(" ")]
    return tuple(dict.fromkeys([*found, *filter(None, words)]))


def together(folded: str) -> str:
    """The folded text with the 13 digits of an id written as one word."""
    return _SPACED_ID.sub(lambda match: "".join(_DIGITS.findall(match[0])), folded)


def _word(typed: str) -> str:
    return typed if _HOUSE.fullmatch(typed) else search_key(typed)

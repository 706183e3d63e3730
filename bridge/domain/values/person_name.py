"""A person's name, taken apart into title, given name and family name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bridge.domain.cells import Cell
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import MARKS, clean, fold, says_none
from bridge.domain.values.titles import is_weak, split_title

# Letters of any script and the marks of Thai; a word may hold a hyphen or an apostrophe.
_LETTERS: Final = rf"[^\W\d_][\w{MARKS}'’\-]*"
_PLAIN: Final = re.compile(rf"{_LETTERS}(?: {_LETTERS})* ?")
# Digits, and marks that no Thai syllable has: two vowels on one consonant, a mark or AA on a leading vowel.
_NOT_IN_NAMES: Final = re.compile("[\\d_]|[ัิีึืุู็]{2}|[ะเแโใไ][\u0e30-\u0e3a\u0e47-\u0e4e]")
# Words that begin a family name of several words: royal grants, Chinese clans, foreign particles.
_PARTICLES: Final = frozenset(
    {"ณ", "แซ่", "เดอ", "แวน", "ฟาน", "ฟอน", "บิน", "bin", "binti", "de", "van", "von"}
)
_CLAN: Final = "แซ่"


@dataclass(frozen=True, slots=True)
class PersonName:
    """`title` in its canonical form or blank; `family` blank when none was given."""

    title: str
    given: str
    family: str

    @property
    def key(self) -> str:
        """Folded `given family` without the title, for matching."""
        return fold(f"{self.given} {self.family}")


def parse(cell: Cell) -> Reading[PersonName]:
    """Title (glued on or not), given and family name; spelling is kept, invisible characters are not.

    Doubtful: no family name; more than two words that are no known family name of several words; digits,
    brackets or dots inside; a title glued on that may be part of the given name (`พระ`, `คุณ`).
    """
    if cell is None:
        return BLANK
    if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
        return unreadable("name_unreadable", cell)
    text = clean(cell)
    folded = fold(text)
    if says_none(folded):
        return BLANK
    title, rest = split_title(text)
    words = [word for word in rest.split(" ") if word.strip("-–—.")]
    if not any(letter.isalpha() for letter in rest):
        return unreadable("name_unreadable", cell)
    name = PersonName(title, words[0], _family(words[1:]))
    code = _doubt(text, folded, name, words)
    return doubtful(name, code, cell, given=name.given, family=name.family) if code else certain(name)


def _family(words: list[str]) -> str:
    if len(words) > 1 and words[0] == _CLAN:
        return "".join(words[:2]) + "".join(f" {word}" for word in words[2:])
    return " ".join(words)


def _doubt(text: str, folded: str, name: PersonName, words: list[str]) -> str | None:
    """The code of the first doubt about a name, if there is one."""
    if _NOT_IN_NAMES.search(folded) or not _PLAIN.fullmatch(f"{name.given} {name.family}"):
        return "name_extra"
    if not name.family:
        return "name_no_family"
    if is_weak(text):
        return "name_title"
    if len(words) > 2 and words[1].casefold() not in _PARTICLES:
        return "name_many_words"
    return None

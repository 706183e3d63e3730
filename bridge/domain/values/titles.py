"""Titles before a Thai name: what is written, and the one form that it stands for.

Civil titles have their full word as canonical form; ranks, royal and learned titles the official
abbreviation, since one abbreviation may stand for two ranks (`ร.ต.` of the army and of the navy).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

_CIVIL: Final = {
    "นางสาว": ("นางสาว", "นาง สาว"),
    "เด็กชาย": ("เด็กชาย", "เด็ก ชาย"),
    "เด็กหญิง": ("เด็กหญิง", "เด็ก หญิง"),
    "นาย": ("นาย",),
    "นาง": ("นาง",),
    "พระครู": ("พระครู",),
    "พระมหา": ("พระมหา",),
    "พระอธิการ": ("พระอธิการ",),
    "พระ": ("พระ",),
    "สามเณร": ("สามเณร",),
    "แม่ชี": ("แม่ชี",),
    "ม.จ.": ("หม่อมเจ้า",),
    "ม.ร.ว.": ("หม่อมราชวงศ์",),
    "ม.ล.": ("หม่อมหลวง",),
    "นพ.": ("นายแพทย์",),
    "พญ.": ("แพทย์หญิง",),
}
_RANKS: Final = {
    "พล.ต.อ.": ("พลตำรวจเอก",),
    "พล.ต.ท.": ("พลตำรวจโท",),
    "พล.ต.ต.": ("พลตำรวจตรี",),
    "พ.ต.อ.": ("พันตำรวจเอก",),
    "พ.ต.ท.": ("พันตำรวจโท",),
    "พ.ต.ต.": ("พันตำรวจตรี",),
    "ร.ต.อ.": ("ร้อยตำรวจเอก",),
    "ร.ต.ท.": ("ร้อยตำรวจโท",),
    "ร.ต.ต.": ("ร้อยตำรวจตรี",),
    "ด.ต.": ("ดาบตำรวจ",),
    "จ.ส.ต.": ("จ่าสิบตำรวจ", "จ่าสิบตรี"),
    "ส.ต.อ.": ("สิบตำรวจเอก",),
    "ส.ต.ท.": ("สิบตำรวจโท",),
    "ส.ต.ต.": ("สิบตำรวจตรี",),
    "พล.อ.": ("พลเอก",),
    "พล.ท.": ("พลโท",),
    "พล.ต.": ("พลตรี",),
    "พ.อ.": ("พันเอก",),
    "พ.ท.": ("พันโท",),
    "พ.ต.": ("พันตรี",),
    "ร.อ.": ("ร้อยเอก", "เรือเอก", "เรืออากาศเอก"),
    "ร.ท.": ("ร้อยโท", "เรือโท", "เรืออากาศโท"),
    "ร.ต.": ("ร้อยตรี", "เรือตรี", "เรืออากาศตรี"),
    "จ.ส.อ.": ("จ่าสิบเอก",),
    "จ.ส.ท.": ("จ่าสิบโท",),
    "ส.อ.": ("สิบเอก",),
    "ส.ท.": ("สิบโท",),
    "ส.ต.": ("สิบตรี",),
    "น.อ.": ("นาวาเอก", "นาวาอากาศเอก"),
    "น.ท.": ("นาวาโท", "นาวาอากาศโท"),
    "น.ต.": ("นาวาตรี", "นาวาอากาศตรี"),
    "พ.จ.อ.": ("พันจ่าเอก",),
    "พ.จ.ท.": ("พันจ่าโท",),
    "พ.จ.ต.": ("พันจ่าตรี",),
    "พ.อ.อ.": ("พันจ่าอากาศเอก",),
    "พ.อ.ท.": ("พันจ่าอากาศโท",),
    "พ.อ.ต.": ("พันจ่าอากาศตรี",),
    "จ.อ.": ("จ่าเอก", "จ่าอากาศเอก"),
    "จ.ท.": ("จ่าโท", "จ่าอากาศโท"),
    "จ.ต.": ("จ่าตรี", "จ่าอากาศตรี"),
    "พลฯ": ("พลทหาร", "พลฯ"),
}
_ABBREVIATIONS: Final = {
    "น.ส.": "นางสาว",
    "ด.ช.": "เด็กชาย",
    "ด.ญ.": "เด็กหญิง",
    **{short: short for short in ("ศ.", "รศ.", "ผศ.", "ดร.", "ทพ.", "ทพญ.", "ภก.", "ภญ.", "สพ.ญ.", "ส.ณ.")},
    **{short: short for short in _CIVIL if short.endswith(".")},
}
_ENGLISH: Final = {"mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "miss": "Miss", "dr": "Dr."}
# `นพ ใจดี` is a man called นพ: only these are titles without any dot, and then with a space after them.
_MEN: Final = frozenset(
    {"นาย", "เด็กชาย", "พระ", "พระครู", "พระมหา", "พระอธิการ", "สามเณร", "ส.ณ.", "นพ.", "Mr."}
)
_WOMEN: Final = frozenset({"นาง", "นางสาว", "เด็กหญิง", "แม่ชี", "พญ.", "Mrs.", "Ms.", "Miss"})
_ANY_NAME: Final = "กก"  # letters that can begin any name
_ENDS: Final = ("สาว", "ชาย", "หญิง")  # of titles that are written apart
_ACTING: Final = "ว่าที่"
_LETTERS_OF_TITLES: Final = 2  # `ร ต อ.`
_NEED_NO_DOT: Final = frozenset({"นส", "ดช", "ดญ", "มรว", "ดร"})


def _letters(written: str) -> str:
    return re.sub(r"[.\s]", "", written).casefold()


_CANONICAL: Final = {
    **{_letters(word): title for title, words in (*_CIVIL.items(), *_RANKS.items()) for word in words},
    **{_letters(short): title for short, title in _ABBREVIATIONS.items()},
    **{_letters(short): short for short in _RANKS},
    **_ENGLISH,
}


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _words(titles: Mapping[str, tuple[str, ...]]) -> str:
    return _longest_first(word.replace(" ", r"\s") for words in titles.values() for word in words)


def _shorts(titles: Iterable[str]) -> str:
    """Dots and spaces inside may be missing; at the end stands a dot or a space."""
    bodies = (r"\s?\.?\s?".join(title.strip(".").split(".")) for title in titles if title.endswith("."))
    return rf"(?:{_longest_first(bodies)})(?:\s?\.|(?=\s))"


# What follows a title: nothing, a space, or letters that can begin a name of at least two letters. So
# `นายิกา`, `นายน์` and `นาง` + `สาวิตรี` keep their letters. Where both readings can be pronounced
# (`นางนวล`, `นางสาวลี`) the longer title is taken: women called นวล are many, women called นางนวล hardly any.
_BEFORE_NAME: Final = r"(?=\s|$|[A-Za-z(]|เ?[เแโใไ][ก-ฮ]|[ก-ฮ](?![\s\u0e4c]|$))"
_RANK: Final = re.compile(
    rf"(?P<acting>ว่าที่\s?)?(?:(?P<word>{_words(_RANKS)})|(?P<short>{_shorts(_RANKS)}))"
    rf"(?P<woman>\s?หญิง)?{_BEFORE_NAME}"
)
_WORD: Final = re.compile(rf"(?P<word>{_words(_CIVIL)})(?:\s?\.)?{_BEFORE_NAME}")
_CHILD_OR_MISS: Final = re.compile(rf"(?P<word>น\.\s?ส|ด\.\s?[ชญ]){_BEFORE_NAME}")  # without its last dot
_SHORT: Final = re.compile(rf"(?P<short>{_shorts(_ABBREVIATIONS)}){_BEFORE_NAME}")
_LATIN: Final = re.compile(r"(?P<word>mrs|mr|ms|miss|dr)(?:\s?\.|(?=\s))", re.IGNORECASE)
_COURTESY: Final = re.compile(r"คุณ\s")
# Given names that begin with `พระ` or `คุณ` are about as common as the title without a space after it;
# `น.สมศรี` may be short for `น.ส.มศรี` or, against custom, for `นาง สมศรี`.
_WEAK: Final = re.compile(rf"(?:พระ(?!ครู|มหา|อธิการ)|คุณ|น\.\s?ส)(?!\s|$){_BEFORE_NAME}")


def split_title(text: str) -> tuple[str, str]:
    """(canonical title, rest) of a cleaned name; the title is blank when there is none.

    Of words only the first is a title (`นางสาวนางนวล` keeps her name); abbreviations may follow (`ผศ.ดร.`).
    """
    title, rest = _first(text)
    while title and "." in rest:
        more, after = _abbreviated(rest)
        if not more:
            break
        title += more if title.endswith(".") else " " + more
        rest = after
    return title, rest


def split_titles(texts: Iterable[str]) -> list[tuple[str, str]]:
    """`split_title` of each text; the first word, on which nearly all hangs, is looked at once for all."""
    return [split_often(text) for text in texts]


def split_often(text: str) -> tuple[str, str]:
    """`split_title` where thousands of names come by, which share their first words."""
    head, _, tail = text.partition(" ")
    if (
        len(head) <= _LETTERS_OF_TITLES
        or not tail
        or "." in tail
        or tail.startswith(_ENDS)
        or head.startswith(_ACTING)
    ):
        return split_title(text)
    title, rest = _before_name(head)
    return title, rest + tail


@lru_cache(maxsize=65_536)  # given names; a province has fewer
def _before_name(head: str) -> tuple[str, str]:
    """What comes before the second word of a name."""
    title, rest = split_title(f"{head} {_ANY_NAME}")
    return title, rest.removesuffix(_ANY_NAME)


def sex_of(title: str) -> int:
    """1 for a man's title, 2 for a woman's, 0 for one that does not tell."""
    canonical = title if title in _MEN or title in _WOMEN else _CANONICAL.get(_letters(title), "")
    return 1 if canonical in _MEN else 2 if canonical in _WOMEN or title.endswith("หญิง") else 0


def is_child(title: str) -> bool:
    """Whether a title is that of a boy or girl under fifteen."""
    return _CANONICAL.get(_letters(title), title) in ("เด็กชาย", "เด็กหญิง")


def is_weak(text: str) -> bool:
    """Whether a cleaned name begins with what may be a title or may be part of the given name."""
    return _WEAK.match(text) is not None


def _first(text: str) -> tuple[str, str]:
    courtesy = _COURTESY.match(text)
    if courtesy:
        return "คุณ", text[courtesy.end() :]
    match = _WORD.match(text) or _LATIN.match(text)
    if match:
        return _CANONICAL[_letters(match["word"])], text[match.end() :].strip()
    rank = _RANK.match(text)
    if rank and rank["word"]:
        return _ranked(rank), text[rank.end() :].strip()
    title, rest = _abbreviated(text)
    if title:
        return title, rest
    glued = _CHILD_OR_MISS.match(text)
    return (_CANONICAL[_letters(glued["word"])], text[glued.end() :].strip()) if glued else ("", text)


def _abbreviated(text: str) -> tuple[str, str]:
    rank = _RANK.match(text)
    if rank and rank["short"] and _is_abbreviation(rank["short"]):
        return _ranked(rank), text[rank.end() :].strip()
    short = _SHORT.match(text)
    if short and _is_abbreviation(short["short"]):
        return _CANONICAL[_letters(short["short"])], text[short.end() :].strip()
    return "", text


def _ranked(rank: re.Match[str]) -> str:
    title = _CANONICAL[_letters(rank["word"] or rank["short"])]
    return ("ว่าที่ " if rank["acting"] else "") + title + ("หญิง" if rank["woman"] else "")


def _is_abbreviation(written: str) -> bool:
    return "." in written or _letters(written) in _NEED_NO_DOT

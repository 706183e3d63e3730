"""Thai text as people type it: what cannot be seen removed, and one form for what looks alike.

Unicode's NFC is safe for Thai (it never takes SARA AM apart, as NFKC does) but does not order the marks
above a consonant, which all have combining class 0: `fold` does that itself.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_THAI_DIGITS: Final = tuple(zip("๐๑๒๓๔๕๖๗๘๙", "0123456789", strict=True))

# Soft hyphen, joiners, zero-width spaces, direction marks, BOM, variation selectors, control characters that
# are not white space.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)

MARKS: Final = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"  # Thai vowels and signs that sit on a consonant (a class)
_TONES: Final = "\u0e48\u0e49\u0e4a\u0e4b"
_SILENCERS: Final = "\u0e4c\u0e4e"
_AA: Final = "\u0e32"
_LAKKHANGYAO: Final = "\u0e45"  # looks like AA
_AM: Final = "\u0e33"
_NIKHAHIT: Final = "\u0e4d"
_PHINTHU: Final = "\u0e3a"
_MARK_RUN: Final = re.compile(f"[{MARKS}{_AA}]{{2,}}")

_DASHES_OR_DOTS: Final = re.compile(r"[-‐‑‒–—−_. ]+")
_NONE_WORDS: Final = frozenset({"ไม่มี", "ไม่มีข้อมูล", "ไม่ระบุ", "ไม่ทราบ", "n/a"})
_LEADING_VOWEL: Final = re.compile("([เแโใไ])([ก-ฮ])")
_TONE_MARKS: Final = re.compile("[\u0e47-\u0e4e]")


def arabic_digits(text: str) -> str:
    """๑๒๓ becomes 123; everything else stays."""
    for thai, arabic in _THAI_DIGITS:  # on a long text a hundred times faster than str.translate
        text = text.replace(thai, arabic)
    return text


def clean(text: str) -> str:
    """The text without invisible characters, in NFC, its white space single, none at the ends. Idempotent."""
    visible = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(visible.split())


def fold(text: str) -> str:
    """A form for comparing, never for showing: two texts that look alike fold alike. Idempotent.

    Clean, Arabic digits, case-folded, and of the Thai sequences that look the same only one:
    two SARA E are SARA AE, NIKHAHIT + SARA AA is SARA AM, vowel before tone before silencer, each mark once.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())  # most ids, numbers and dates
    folded = arabic_digits(clean(text.casefold()))
    folded = folded.replace("เเ", "แ").replace(_LAKKHANGYAO, _AA).replace(_AM, _NIKHAHIT + _AA)
    return _MARK_RUN.sub(lambda run: _in_order(run.group()), folded)


@lru_cache(maxsize=4096)
def _in_order(typed: str) -> str:
    """A run of marks and AA in the one order that Thai is written in; those after AA belong before."""
    tail = typed.count(_AA)
    marks = sorted(dict.fromkeys(typed.replace(_AA, "")), key=_rank)
    if tail and _NIKHAHIT in marks:
        marks.remove(_NIKHAHIT)
        return "".join(marks) + _AM + _AA * (tail - 1)
    return "".join(marks) + _AA * tail


def _rank(mark: str) -> int:
    """PHINTHU first, as NFC has it, then vowels, tones, silencers; within a rank as typed."""
    if mark == _PHINTHU:
        return 0
    return 3 if mark in _SILENCERS else 2 if mark in _TONES else 1


def word_key(text: str) -> str:
    """A word of the province's lists for comparing: no case, no spaces. Idempotent."""
    return fold(clean(text).replace(" ", ""))


def header_key(text: str) -> str:
    """A header or question title for comparing: no case, no spaces, no `*` or `:` at the end. Idempotent."""
    return word_key(text).rstrip("*:＊：")


def says_none(folded: str) -> bool:
    """Whether a folded text is empty or only says that there is nothing to tell (`-`, `ไม่มี`)."""
    return not folded or folded in _NONE_WORDS or _DASHES_OR_DOTS.fullmatch(folded) is not None


def dictionary_key(text: str) -> tuple[str, str]:
    """A sort key in dictionary order: consonant before its leading vowel, tones only break ties."""
    swapped = _LEADING_VOWEL.sub(r"\2\1", text)
    return _TONE_MARKS.sub("", swapped), swapped

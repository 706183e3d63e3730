"""The consonants of a name as they sound: what stays when vowels, tones and silent letters are misspelt.

Letters of one initial sound are one letter (the classes of the Royal Institute's romanisation, and aspirated
stops with their unaspirated look-alikes kept apart); Latin names keep their first letter and lose their vowels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_SAME_SOUND: Final = (
    *("กขฃคฅฆ", "จชฌฉ", "ซศษส", "ดฎตฏทธฑฒถฐ", "นณ", "บป", "พภผฝฟ", "ยญ", "รลฬ"),
    *("bpfv", "ckqgjxsz", "dt", "mn", "lr"),
)
_VOWELS_AND_SIGNS: Final = [*range(0x0E2F, 0x0E3B), *range(0x0E40, 0x0E50), 0x27, 0x2D, 0x2019]
_CLASSES: Final = [
    *((letter, group[0]) for group in _SAME_SOUND for letter in group[1:]),
    *((chr(code), "") for code in _VOWELS_AND_SIGNS),
]
_SILENT: Final = re.compile("[ก-ฮ][\u0e34\u0e38]?\u0e4c")
_LATIN_VOWELS: Final = re.compile("(?<=[a-z])[aeiouyhw]+")
_DOUBLED: Final = re.compile(r"([^|])\1+")
_BAR: Final = "|"


def skeletons(folded: Sequence[str]) -> list[str]:
    """The skeleton of each text; blank for a text without consonants. The texts are folded and hold no `|`.

    All texts are worked on as one, which is ten times faster than one after the other.
    """
    joined = _LATIN_VOWELS.sub("", _SILENT.sub("", _BAR.join(folded)))
    for letter, sound in _CLASSES:
        joined = joined.replace(letter, sound)
    return _DOUBLED.sub(r"\1", joined).split(_BAR)

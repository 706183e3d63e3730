"""The tambons and amphoes of one province, and what a person's spelling of them stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from bridge.domain.cells import Cell, as_text
from bridge.domain.values.reading import BLANK, MAX_LENGTH, Reading, certain, doubtful, unreadable
from bridge.domain.values.text import clean, dictionary_key, fold, says_none
from bridge.domain.values.thai_date import buddhist

_AMPHOE_WORD: Final = re.compile(r"^(?:กิ่ง\s*อำเภอ|กิ่ง\s*อ\.|อำเภอ|เขต|อ\.|อ\s)\s*")
_TAMBON_WORD: Final = re.compile(r"^(?:ตำบล|แขวง|ต\.|ต\s)\s*")
_KIND_WORD: Final = re.compile(rf"{_AMPHOE_WORD.pattern}|{_TAMBON_WORD.pattern}|^(?:จังหวัด|จ\.|จ\s)\s*")
_IGNORED: Final = re.compile(r"[\s.\-ฯ]")
_BRACKETS: Final = re.compile(r"\s*\(.*\)")
_CODE_LENGTHS: Final = (4, 6)
_MUEANG: Final = "เมือง"
_PROVINCES: Final = (
    "กระบี่ กาญจนบุรี กาฬสินธุ์ กำแพงเพชร ขอนแก่น จันทบุรี ฉะเชิงเทรา ชลบุรี ชัยนาท ชัยภูมิ ชุมพร ตรัง "
    "ตราด ตาก นครนายก นครปฐม นครพนม นครราชสีมา นครศรีธรรมราช นครสวรรค์ นนทบุรี นราธิวาส น่าน บึงกาฬ "
    "บุรีรัมย์ ปทุมธานี ประจวบคีรีขันธ์ ปราจีนบุรี ปัตตานี พระนครศรีอยุธยา พะเยา พังงา พัทลุง พิจิตร "
    "พิษณุโลก ภูเก็ต มหาสารคาม มุกดาหาร ยะลา ยโสธร ระนอง ระยอง ราชบุรี ร้อยเอ็ด ลพบุรี ลำปาง ลำพูน "
    "ศรีสะเกษ สกลนคร สงขลา สตูล สมุทรปราการ สมุทรสงคราม สมุทรสาคร สระบุรี สระแก้ว สิงห์บุรี สุพรรณบุรี "
    "สุราษฎร์ธานี สุรินทร์ สุโขทัย หนองคาย หนองบัวลำภู อำนาจเจริญ อุดรธานี อุตรดิตถ์ อุทัยธานี "
    "อุบลราชธานี อ่างทอง เชียงราย เชียงใหม่ เพชรบุรี เพชรบูรณ์ เลย แพร่ แม่ฮ่องสอน"
)
_CAPITALS: Final = frozenset(_MUEANG + name for name in _PROVINCES.split())


@dataclass(frozen=True, slots=True)
class PlaceReading:
    tambon: Reading[str]
    amphoe: Reading[str]


@dataclass(frozen=True, slots=True)
class Former:
    """A tambon (or, with `tambon` "", an amphoe) that was abolished, renamed or moved to another amphoe on the day
    `until`, as old papers name it; `now` is what stands in its place, (amphoe, tambon)."""

    amphoe: str
    tambon: str
    until: date
    now: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Places:
    """One province's list. Tambon names repeat inside a province: a tambon is known by (amphoe, tambon)."""

    _amphoes: Mapping[str, str]  # key of a name or alias -> the amphoe's name
    _tambons: Mapping[str, Mapping[str, str]]  # amphoe -> key of a name -> the tambon's name
    _where: Mapping[str, tuple[str, ...]]  # key of a tambon's name -> the amphoes that have one
    _former: Mapping[tuple[str, str], Former]  # by the keys of amphoe and tambon
    _codes: Mapping[str, tuple[str, str]]  # official code -> (amphoe, tambon), that "" for an amphoe's code

    @classmethod
    def build(
        cls,
        rows: Iterable[tuple[str, str]],
        amphoe_aliases: Mapping[str, str],
        former: Iterable[Former] = (),
        codes: Mapping[str, tuple[str, str]] | None = None,
    ) -> Places:
        """From (amphoe, tambon) rows, other words for an amphoe, places of former days, and the official codes of four
        (amphoe) and six digits (tambon) of all of them.

        Raises ValueError when an alias stands for an amphoe that is not in the rows.
        """
        tambons: dict[str, dict[str, str]] = {}
        where: dict[str, list[str]] = {}
        for amphoe, tambon in rows:
            tambons.setdefault(amphoe, {})[_key(tambon)] = tambon
        for names in tambons.values():
            for tambon in list(names.values()):  # `ปอภาร (ปอพาน)` is also known without its brackets
                names.setdefault(_key(_BRACKETS.sub("", tambon)), tambon)
        for amphoe, names in tambons.items():
            for key in names:
                where.setdefault(key, []).append(amphoe)
        amphoes = {key: amphoe for amphoe in tambons for key in (_key(amphoe), _bare(amphoe, _AMPHOE_WORD))}
        for alias, amphoe in amphoe_aliases.items():
            if amphoe not in tambons:
                raise ValueError(f"alias of an unknown amphoe: {amphoe}")
            amphoes.setdefault(_bare(alias, _AMPHOE_WORD), amphoe)
        return cls(
            amphoes,
            tambons,
            {key: tuple(sorted(found)) for key, found in where.items()},
            {(_key(one.amphoe), _key(one.tambon)): one for one in former if one.now},
            codes or {},
        )

    def amphoes(self) -> list[str]:
        """All names, in Thai dictionary order."""
        return sorted(self._tambons, key=dictionary_key)

    def tambons(self, amphoe: str) -> list[str]:
        """The names in that amphoe, in Thai dictionary order; none when the amphoe is not in the list."""
        return sorted(set(self._tambons.get(amphoe, {}).values()), key=dictionary_key)

    def check(self, tambon: Cell, amphoe: Cell) -> PlaceReading:
        """Both names in the list's spelling; each reading tells of its own cell.

        Certain are only a name or alias of the list (marks, spaces, dots and `ต.` `อ.` aside). A near
        spelling, and a tambon of another amphoe, are doubtful. A code stands for its name; that of a tambon tells the
        amphoe as well, where that cell is blank.
        """
        tambon, amphoe = self._decoded(tambon, amphoe)
        found = self._amphoe(amphoe, tambon)
        here = self._tambon(tambon, found.value)
        former = None if here.certain and found.certain else self.former(tambon, amphoe)
        if former is None:
            return PlaceReading(here, found)
        today, name = former.now[0]
        facts = {
            "was": f"{former.tambon} {former.amphoe}".strip(),
            "until": buddhist(former.until),
            "now": ", ".join(f"ต.{each} อ.{place}" if each else f"อ.{place}" for place, each in former.now),
        }
        if not found.certain:
            found = doubtful(today, "place_former", amphoe, **facts)
        if former.tambon:
            here = doubtful(name, "place_former", tambon, **facts)
        return PlaceReading(here, found)

    def former(self, tambon: Cell, amphoe: Cell) -> Former | None:
        """What the two cells name where it is no place of today, but was one."""
        tambon, amphoe = self._decoded(tambon, amphoe)
        if not isinstance(amphoe, str) or len(amphoe) > MAX_LENGTH:
            return None
        tambon = tambon if isinstance(tambon, str) and len(tambon) <= MAX_LENGTH else ""
        names = [_bare(clean(amphoe), _AMPHOE_WORD)]
        known = _look_up(self._amphoes, clean(amphoe), _AMPHOE_WORD)
        names += [_key(known)] if known else []
        if known and _look_up(self._tambons[known], clean(tambon), _TAMBON_WORD):
            return None
        wanted = (_bare(clean(tambon), _TAMBON_WORD), "")
        found = (self._former.get((name, key)) for key in wanted for name in names)
        return next((one for one in found if one is not None), None)

    def today(self, tambon: Cell, amphoe: Cell) -> tuple[str, str] | None:
        """The (tambon, amphoe) of today of a place of former days; None where it is none or was divided."""
        former = self.former(tambon, amphoe)
        if former is None or len(former.now) > 1:
            return None
        today, name = former.now[0]
        return name or self.check(tambon, today).tambon.value or as_text(tambon), today

    def _decoded(self, tambon: Cell, amphoe: Cell) -> tuple[Cell, Cell]:
        place = self._codes.get(_code(amphoe))
        amphoe = place[0] if place else amphoe
        place = self._codes.get(_code(tambon))
        if place is None or not place[1]:
            return tambon, amphoe
        return place[1], place[0] if _is_blank(amphoe) else amphoe

    def _amphoe(self, cell: Cell, tambon: Cell) -> Reading[str]:
        if _is_blank(cell):
            return BLANK
        if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
            return unreadable("amphoe_unknown", cell)
        text = clean(cell)
        name = _look_up(self._amphoes, text, _AMPHOE_WORD)
        if name:
            return certain(name)
        key = _bare(text, _AMPHOE_WORD)
        if key == _MUEANG:
            return self._mueang(cell, tambon)
        near = _nearest(key, self._amphoes)
        if len(near) == 1:
            return doubtful(near[0], "amphoe_near", cell, suggestion=near[0])
        return unreadable("amphoe_unknown", cell)

    def _mueang(self, cell: Cell, tambon: Cell) -> Reading[str]:
        """`เมือง` alone, where the configuration does not say which: certain only if there is one."""
        choices = [name for name in self.amphoes() if _bare(name, _AMPHOE_WORD).startswith(_MUEANG)]
        if len(choices) == 1:
            return certain(choices[0])
        typed = as_text(tambon)
        with_it = [name for name in choices if _look_up(self._tambons[name], typed, _TAMBON_WORD)]
        if len(with_it) == 1:
            return doubtful(with_it[0], "amphoe_near", cell, suggestion=with_it[0])
        if choices:
            return unreadable("amphoe_several", cell, choices=", ".join(choices))
        return unreadable("amphoe_unknown", cell)

    def _tambon(self, cell: Cell, amphoe: str | None) -> Reading[str]:
        if _is_blank(cell):
            return BLANK
        if not isinstance(cell, str) or len(cell) > MAX_LENGTH:
            return unreadable("tambon_unknown", cell)
        text = clean(cell)
        here = self._tambons[amphoe] if amphoe else {}
        name = _look_up(here, text, _TAMBON_WORD)
        if name:
            return certain(name)
        key = _key(text) if _key(text) in self._where else _bare(text, _TAMBON_WORD)
        elsewhere = self._where.get(key, ())
        if elsewhere:
            return self._known_elsewhere(cell, key, elsewhere, amphoe)
        near = _nearest(key, here)
        if amphoe and len(near) == 1:
            return doubtful(near[0], "tambon_near", cell, suggestion=near[0], amphoe=amphoe)
        return unreadable("tambon_unknown", cell)

    def _known_elsewhere(
        self, cell: Cell, key: str, amphoes: tuple[str, ...], wanted: str | None
    ) -> Reading[str]:
        name = self._tambons[amphoes[0]][key]
        listed = ", ".join(sorted(amphoes, key=dictionary_key))
        if wanted:
            return doubtful(name, "tambon_elsewhere", cell, tambon=name, amphoe=wanted, found=listed)
        if len(amphoes) > 1:
            return doubtful(name, "tambon_several", cell, tambon=name, found=listed)
        return certain(name)


def place_key(folded: str) -> str:
    """A folded name of a tambon, amphoe or province without the word for its kind, spaces and dots."""
    return "" if says_none(folded) else _IGNORED.sub("", _KIND_WORD.sub("", folded))


def amphoe_key(folded: str) -> str:
    """The same of an amphoe; that of a provincial capital (`เมืองขอนแก่น`) is `เมือง`, as people call it."""
    key = place_key(folded)
    return _MUEANG if key in _CAPITALS else key


def _code(cell: Cell) -> str:
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return ""
    text = as_text(cell)
    return text if len(text) in _CODE_LENGTHS else ""


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and len(cell) <= MAX_LENGTH and _says_none(cell))


@lru_cache(maxsize=4096)
def _says_none(text: str) -> bool:
    return says_none(fold(text))


@lru_cache(maxsize=4096)  # a province has a few hundred names, typed in a few thousand ways
def _key(name: str) -> str:
    return fold(_IGNORED.sub("", clean(name)))


@lru_cache(maxsize=4096)
def _bare(name: str, word: re.Pattern[str]) -> str:
    """The key of a name without the word for its kind."""
    return _key(word.sub("", fold(name)))


def _look_up(names: Mapping[str, str], text: str, word: re.Pattern[str]) -> str | None:
    return names.get(_key(text)) or names.get(_bare(text, word))


def _nearest(key: str, names: Mapping[str, str]) -> list[str]:
    """The names within one slip of the hand (two in a long name) of `key`, nearest only."""
    limit = 0 if len(key) < 4 else 1 if len(key) < 9 else 2
    if not limit:
        return []
    distances = {known: OSA.distance(key, known, score_cutoff=limit) for known in names}
    least = min(distances.values(), default=limit + 1)
    if least > limit:
        return []
    return sorted({names[known] for known, distance in distances.items() if distance == least})

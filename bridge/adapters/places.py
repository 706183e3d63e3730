"""The amphoe and tambon of a province, from the geothai package (CC-BY data)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import geothai
from geothai.abolished import abolished_areas

from bridge.application.errors import ConfigurationError
from bridge.domain.values.places import Former, Places


def load_places(province: str, extra: Iterable[tuple[str, str]], aliases: Mapping[str, str]) -> Places:
    """Raises ConfigurationError for a province that does not exist."""
    wanted = {province, province.removeprefix("จังหวัด").strip()}
    found = [entry for entry in geothai.provinces() if entry.name_th in wanted]
    if len(found) != 1:
        raise ConfigurationError("province_unknown", province=province)
    codes: dict[str, tuple[str, str]] = {}
    for district in geothai.districts(found[0].code):
        amphoe = _bare(district.name_th, "อำเภอ")
        codes[district.code] = (amphoe, "")
        for subdistrict in geothai.subdistricts(district.code):
            codes[subdistrict.code] = (amphoe, _bare(subdistrict.name_th, "ตำบล"))
    rows = [place for place in codes.values() if place[1]]
    former = dict(_former(found[0].code))
    codes |= {code: (one.amphoe, one.tambon) for code, one in former.items()}
    return Places.build([*rows, *extra], aliases, former.values(), codes)


def _former(province: str) -> Iterator[tuple[str, Former]]:
    """Places that were abolished, by code (the Department of Provincial Administration's dates), with what stands there
    now."""
    names = {
        area.code: _bare(area.name_th, "อำเภอ") for area in abolished_areas() if area.level == "district"
    }
    for area in abolished_areas():
        now = tuple(
            (_bare(district.name_th, "อำเภอ"), _bare(successor.name_th, "ตำบล") if successor else "")
            for code in area.successors
            if code.startswith(province)
            and (district := geothai.district(code[:4])) is not None
            and ((successor := geothai.subdistrict(code)) is not None or area.level == "district")
        )
        parent = geothai.district(area.code[:4])
        amphoe = names.get(area.code[:4]) or (parent and _bare(parent.name_th, "อำเภอ"))
        if now and amphoe:
            tambon = _bare(area.name_th, "ตำบล") if area.level == "subdistrict" else ""
            yield area.code, Former(amphoe, tambon, date.fromisoformat(area.abolished_on), now)


def _bare(name: str, word: str) -> str:
    return name.removeprefix(word).strip()

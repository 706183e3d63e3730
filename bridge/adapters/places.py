"""The amphoe and tambon of a province, from the geothai package (CC-BY data)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geothai

from bridge.application.errors import ConfigurationError
from bridge.domain.values.places import Places


def load_places(province: str, extra: Iterable[tuple[str, str]], aliases: Mapping[str, str]) -> Places:
    """Raises ConfigurationError for a province that does not exist."""
    wanted = {province, province.removeprefix("จังหวัด").strip()}
    found = [entry for entry in geothai.provinces() if entry.name_th in wanted]
    if len(found) != 1:
        raise ConfigurationError("province_unknown", province=province)
    rows = [
        (_bare(district.name_th, "อำเภอ"), _bare(subdistrict.name_th, "ตำบล"))
        for district in geothai.districts(found[0].code)
        for subdistrict in geothai.subdistricts(district.code)
    ]
    return Places.build([*rows, *extra], aliases)


def _bare(name: str, word: str) -> str:
    return name.removeprefix(word).strip()

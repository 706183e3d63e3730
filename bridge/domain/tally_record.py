"""A tally as plain values and back, so that it can be kept as JSON: each different word once, then numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from bridge.domain.summary import Paid, Tally, YearTally

_GROUPS = ("progress", "kinds", "places", "paid_kinds", "paid_places")


def record_of(counted: Tally) -> dict[str, Any]:
    """`{"words": [...], "years": {"2569": {group: [[key..., figures...], ...]}}}`; words in keys are places in
    `words`, money is text."""
    places: dict[str, int] = {}

    def plain(part: object) -> int:
        return places.setdefault(part, len(places)) if isinstance(part, str) else int(part)  # type: ignore[call-overload]

    years = {
        str(year): {group: _rows(getattr(figures, group).items(), plain) for group in _GROUPS}
        for year, figures in counted.years()
    }
    return {"words": list(places), "years": years}


def _rows(items: Iterable[tuple[tuple[Any, ...], Any]], plain: Callable[[object], int]) -> list[list[Any]]:
    return [[*map(plain, key), *_figures(value)] for key, value in items]


def _figures(value: int | Paid) -> list[Any]:
    if isinstance(value, int):
        return [value]
    transferred = (value.transferred_cases, str(value.transferred_baht))
    return [value.cases, str(value.baht), str(value.highest), *transferred]


def tally_of(record: dict[str, Any]) -> Tally:
    """The tally that `record_of` was given."""
    words: list[str] = record["words"]
    return Tally({int(year): _year(groups, words) for year, groups in record["years"].items()})


def _year(groups: dict[str, list[list[Any]]], words: list[str]) -> YearTally:
    year = YearTally()
    for month, operation, step, checked, goods, unreadable, cases in groups["progress"]:
        key = (month, words[operation], words[step], bool(checked), bool(goods), bool(unreadable))
        year.progress[key] = cases
    for case_type, operation, step, outcome, cases in groups["kinds"]:
        year.kinds[words[case_type], words[operation], words[step], words[outcome]] = cases
    for amphoe, tambon, operation, step, cases in groups["places"]:
        year.places[words[amphoe], words[tambon], words[operation], words[step]] = cases
    for month, case_type, *paid in groups["paid_kinds"]:
        year.paid_kinds[month, words[case_type]] = _paid(paid)
    for amphoe, tambon, *paid in groups["paid_places"]:
        year.paid_places[words[amphoe], words[tambon]] = _paid(paid)
    return year


def _paid(figures: list[Any]) -> Paid:
    cases, baht, highest, transferred_cases, transferred_baht = figures
    return Paid(cases, Decimal(baht), Decimal(highest), transferred_cases, Decimal(transferred_baht))

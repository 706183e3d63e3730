"""Pages of lists that the ledger cuts: Django's Paginator, told how many there are in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

MOST_PAGES = 100_000


class _Slice:
    """The part of a list that begins at `start`, standing for the whole of `total` items."""

    def __init__(self, found: Sequence[Any], total: int, start: int) -> None:
        self._found, self._total, self._start = found, total, start

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, part: slice) -> Sequence[Any]:
        return self._found if part.start == self._start else []


def page_of(found: Sequence[Any], total: int, number: int, size: int) -> Page[Any]:
    """Page `number` of a list of `total` items, of which `found` are on it."""
    whole: Any = _Slice(found, total, (number - 1) * size)
    return Paginator(whole, size).get_page(number)


def number_of(query: Mapping[str, Any]) -> int:
    """The page that is asked for, 1 where that is not said or not a number."""
    text = str(query.get("page", ""))
    return min(int(text), MOST_PAGES) if text.isascii() and text.isdigit() and int(text[:9]) else 1


def address_of(**chosen: str) -> Callable[[int], str]:
    """The address of each page of what was chosen."""

    def address(number: int) -> str:
        query = QueryDict(mutable=True)
        query.update({**chosen, "page": str(number)})
        return f"?{query.urlencode()}"

    return address

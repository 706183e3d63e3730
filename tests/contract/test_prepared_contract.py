"""A prepared question has the answers of the query that it was made of, on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Value

from bridge.adapters.ledger.connection import close_ledger
from bridge.adapters.ledger.prepared import MOST, Prepared
from bridge.application.ports.rows import RowState
from tests.contract.ledgers import BACKENDS, Ledger, open_empty

CELLS = {"person_name": "สมศรี %s", "received_date": date(2026, 10, 1), "age": 70, "seen": True}
ODD = ["\ue0000.0", "%s", "' OR 1=1 --", "", "คีย์"]


def written(keys: Any, after: Any) -> Any:
    from bridge.adapters.ledger.models import SheetRow

    return SheetRow.objects.filter(table="cases", key__in=keys, id__gt=after).order_by("key")


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


@pytest.fixture
def keys(ledger: Ledger) -> list[str]:
    named = [*ODD, *(f"SSK-2570-{number:06d}" for number in range(MOST + 5))]
    ledger.rows.save("cases", [RowState(key, CELLS, {}, {}) for key in named])
    return named


@pytest.mark.parametrize(
    "query",
    [
        lambda keys, after: written(keys, after).values_list("key", "values", "settled"),
        lambda keys, after: written(keys, after).annotate(mark=Value("ก")),
    ],
)
def test_the_same_rows(keys: list[str], query: Callable[..., Any]) -> None:
    ask = Prepared(query)
    for some in ([], keys[:1], keys[:2], keys[1:3], ODD, keys[:MOST], keys, ["ไม่มี"]):
        for after in (0, 32_000):
            for _ in range(2):  # the statement is there the second time
                assert ask(some, after) == list(query(some, after))
    for made in ask(ODD, 0):
        assert isinstance(made, tuple) or (made.values, made.mark) == (CELLS, "ก")


def test_texts_and_numbers(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import Review

    for number, subject in enumerate(ODD, 1):
        Review.objects.create(
            key=f"R-{number}", number=number, subject=subject, kind="limit", case="", shown={}, facts={}
        )
    ask = Prepared(lambda subject, number: Review.objects.filter(subject=subject, number__lte=number))
    for subject in ODD:
        for number in (0, 1, 5):
            assert ask(subject, number) == list(Review.objects.filter(subject=subject, number__lte=number))


def test_lists_of_numbers(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import Review

    for number in range(1, 4):
        Review.objects.create(
            key=f"R-{number}", number=number, subject=str(number), kind="limit", shown={}, facts={}
        )
    ask = Prepared(lambda numbers, least: Review.objects.filter(number__in=numbers, number__gte=least))
    for numbers in ([1], [3, 1], [2, 9, 1], list(range(MOST + 2))):
        for least in (0, 2):
            assert {row.number for row in ask(numbers, least)} == {
                n for n in numbers if n in (1, 2, 3) and n >= least
            }


def test_a_key_that_a_lookup_changes_is_refused(ledger: Ledger) -> None:
    from bridge.adapters.ledger.models import Review

    with pytest.raises(ValueError, match="lacks a key"):
        Prepared(lambda text: Review.objects.filter(subject__contains=text))("ก")

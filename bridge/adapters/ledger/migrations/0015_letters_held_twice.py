"""The index of terms tells, too, who holds some letters twice (domain/search_terms.py)."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db import migrations

CHUNK = 5_000


def fill(apps: Any, _: Any) -> None:
    from bridge.adapters.ledger.register import BLOCK

    people = apps.get_model("ledger", "RegisterPerson").objects.order_by("id").values_list("id", "search")
    some = people.iterator(chunk_size=CHUNK)
    _add("register", ((*divmod(person - 1, BLOCK), search) for person, search in some))
    for shown in ("published", "now"):
        cases = apps.get_model("ledger", "CaseKey").objects.filter(shown=shown).order_by("fiscal_year", "id")
        rows = cases.values_list("fiscal_year", "number", "id", "search").iterator(chunk_size=CHUNK)
        _add(shown, ((year, number if year else row, search) for year, number, row, search in rows))


def _add(kind: str, held: Iterable[tuple[int, int, str]]) -> None:
    from bridge.adapters.ledger.search_index import SearchIndex
    from bridge.domain.search_terms import Entry, gathered, is_twice

    index = SearchIndex(kind)
    for block, some in groupby(held, key=lambda each: each[0]):
        terms = gathered((at, Entry(search, ())) for _, at, search in some)
        index.write(block, {term: those for term, those in terms.items() if is_twice(term)})


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0014_case_columns'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

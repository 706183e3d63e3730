"""One inverted index for the register and the cases; the keys say the words of a name apart, and the house.

Keys and index are made anew for the rows that are there.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import migrations, models

from bridge.domain.search_keys import case_keys, register_keys

CHUNK = 5_000


def fill(apps: Any, _: Any) -> None:
    from bridge.adapters.ledger.register import index_people

    person = apps.get_model("ledger", "RegisterPerson")
    index_people(_people(person))
    _fill_cases(apps)


def _people(person: Any) -> Iterator[Any]:
    last = 0
    while rows := list(person.objects.filter(id__gt=last).order_by("id").only("id", "values")[:CHUNK]):
        last = rows[-1].id
        for row in rows:
            keys = register_keys(row.values)
            for column, value in keys._asdict().items():
                setattr(row, column, value)
            yield row.id, None, keys
        _rewrite(person, [(row.search, row.id) for row in rows])


def _rewrite(person: Any, rows: list[tuple[str, int]]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {person._meta.db_table} SET search = %s WHERE id = %s", rows)


def _fill_cases(apps: Any) -> None:
    from bridge.adapters.ledger.tracking import keep_keys

    apps.get_model("ledger", "CaseKey").objects.all().delete()
    rows = apps.get_model("ledger", "SheetRow").objects.filter(table="cases").exclude(presence="gone")
    now = rows.order_by("key").values_list("key", "values")
    published = apps.get_model("ledger", "Publication").objects.order_by("case").values_list("case", "values")
    for cases, shown in ((now, False), (published, True)):
        some = cases.iterator(chunk_size=CHUNK)
        while chunk := dict(islice(some, 4 * CHUNK)):
            keep_keys(chunk, published=shown)


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0012_matching'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=9)),
                ('term', models.CharField(max_length=130)),
                ('block', models.PositiveIntegerField()),
                ('holders', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'term', 'block'), name='one_search_term')],
            },
        ),
        migrations.CreateModel(
            name='SearchState',
            fields=[
                ('kind', models.CharField(max_length=9, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=16)),
            ],
        ),
        migrations.DeleteModel(name='RegisterFragment'),
        migrations.RemoveIndex(model_name='casekey', name='case_key_newest'),
        migrations.RemoveIndex(model_name='casekey', name='case_key_place'),
        migrations.RemoveIndex(model_name='casekey', name='case_key_org'),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(
                fields=['shown', 'fiscal_year', 'number', 'amphoe', 'tambon', 'operation', 'case'],
                name='case_key_newest',
            ),
        ),
        migrations.AddField(
            model_name='casekey',
            name='identity',
            field=models.CharField(blank=True, default='', max_length=13),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

"""Keys by which the register and the cases are searched; filled for the rows that are there."""

from dataclasses import asdict
from typing import Any

from django.db import migrations, models

from bridge.domain.search_keys import case_keys, register_keys

CHUNK = 500


def fill(apps: Any, _: Any) -> None:
    _fill_register(apps.get_model("ledger", "RegisterPerson"))
    key = apps.get_model("ledger", "CaseKey")
    rows = apps.get_model("ledger", "SheetRow").objects.filter(table="cases").exclude(presence="gone")
    _fill_cases(key, rows.order_by("id").values_list("key", "values"), "now")
    published = apps.get_model("ledger", "Publication").objects.order_by("id")
    _fill_cases(key, published.values_list("case", "values"), "published")


def _fill_register(person: Any) -> None:
    last = 0
    while chunk := list(person.objects.filter(id__gt=last).order_by("id")[:CHUNK]):
        last = chunk[-1].id
        for row in chunk:
            for column, value in asdict(register_keys(row.values)).items():
                setattr(row, column, value)
        person.objects.bulk_create(
            chunk,
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["search", "amphoe", "tambon", "level"],
        )


def _fill_cases(key: Any, rows: Any, shown: str) -> None:
    chunk = []
    for case, values in rows.iterator(chunk_size=CHUNK):
        chunk.append(key(case=case, shown=shown, **asdict(case_keys(case, values))))
        if len(chunk) == CHUNK:
            key.objects.bulk_create(chunk, batch_size=CHUNK)
            chunk = []
    key.objects.bulk_create(chunk, batch_size=CHUNK)


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0004_web_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.CharField(max_length=40)),
                ('shown', models.CharField(max_length=9)),
                ('fiscal_year', models.PositiveSmallIntegerField()),
                ('number', models.PositiveIntegerField()),
                ('search', models.CharField(max_length=400)),
                ('amphoe', models.CharField(blank=True, max_length=100)),
                ('tambon', models.CharField(blank=True, max_length=100)),
                ('operation', models.CharField(blank=True, max_length=100)),
                ('org', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name='registerperson',
            name='amphoe',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AddField(
            model_name='registerperson',
            name='level',
            field=models.CharField(blank=True, default='', max_length=10),
        ),
        migrations.AddField(
            model_name='registerperson',
            name='search',
            field=models.CharField(blank=True, default='', max_length=400),
        ),
        migrations.AddField(
            model_name='registerperson',
            name='tambon',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='registerperson',
            index=models.Index(fields=['id', 'search', 'amphoe', 'tambon', 'level'], name='register_search'),
        ),
        migrations.AddIndex(
            model_name='registerperson',
            index=models.Index(fields=['amphoe', 'tambon'], name='register_place'),
        ),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(fields=['shown', 'fiscal_year', 'number', 'search', 'amphoe', 'tambon', 'operation', 'org', 'case'], name='case_key_newest'),
        ),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(fields=['shown', 'amphoe', 'tambon', 'fiscal_year', 'number'], name='case_key_place'),
        ),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(fields=['shown', 'org', 'fiscal_year', 'number'], name='case_key_org'),
        ),
        migrations.AddConstraint(
            model_name='casekey',
            constraint=models.UniqueConstraint(fields=('case', 'shown'), name='one_case_key'),
        ),
    ]

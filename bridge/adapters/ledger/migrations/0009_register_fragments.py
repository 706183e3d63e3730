"""The register's inverted index, filled for the people who are there; it takes the place of two ordinary ones. The cases'
indexes by place and organisation hold what is searched."""

from typing import Any

from django.db import migrations, models

from bridge.domain.fragments import BLOCK, gathered, packed
from bridge.domain.search_keys import RegisterKeys

CHUNK = 500


def fill(apps: Any, _: Any) -> None:
    person, fragment = (apps.get_model("ledger", name) for name in ("RegisterPerson", "RegisterFragment"))
    last = person.objects.order_by("-id").values_list("id", flat=True).first() or -1
    for block in range(last // BLOCK + 1):
        rows = person.objects.filter(id__gte=block * BLOCK, id__lt=(block + 1) * BLOCK).order_by("id")
        columns = rows.values_list("id", "search", "amphoe", "tambon", "level").iterator(chunk_size=2_000)
        people = gathered((key % BLOCK, RegisterKeys(*keys)) for key, *keys in columns)
        fragment.objects.bulk_create(
            [
                fragment(fragment=each, block=block, people=packed(bits))
                for each, bits in sorted(people.items())
            ],
            batch_size=CHUNK,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_api_clients'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegisterFragment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fragment', models.CharField(max_length=120)),
                ('block', models.PositiveIntegerField()),
                ('people', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('fragment', 'block'), name='one_register_fragment')],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='registerperson',
            name='register_search',
        ),
        migrations.RemoveIndex(
            model_name='registerperson',
            name='register_place',
        ),
        migrations.RemoveIndex(
            model_name='casekey',
            name='case_key_place',
        ),
        migrations.RemoveIndex(
            model_name='casekey',
            name='case_key_org',
        ),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(fields=['shown', 'amphoe', 'tambon', 'fiscal_year', 'number', 'search', 'case'], name='case_key_place'),
        ),
        migrations.AddIndex(
            model_name='casekey',
            index=models.Index(fields=['shown', 'org', 'fiscal_year', 'number', 'search', 'case'], name='case_key_org'),
        ),
    ]

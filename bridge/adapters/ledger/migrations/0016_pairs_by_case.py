from __future__ import annotations

from typing import Any

from django.db import migrations, models


def name_earlier_cases(apps: Any, schema_editor: Any) -> None:
    reviews = apps.get_model("ledger", "Review").objects
    for review in reviews.filter(kind__in=["duplicate", "earlier"]).iterator():
        reviews.filter(pk=review.pk).update(earlier=review.facts.get("left", ""))


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0015_letters_held_twice"),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="earlier",
            field=models.CharField(blank=True, db_index=True, max_length=40, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(name_earlier_cases, migrations.RunPython.noop),
    ]

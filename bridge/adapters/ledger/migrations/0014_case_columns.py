from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_search_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("codes", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="UncountedCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("case", models.CharField(max_length=40)),
            ],
            options={"indexes": [models.Index(fields=["case", "id"], name="uncounted_case")]},
        ),
    ]

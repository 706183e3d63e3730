"""The register's inverted index, which 0013 replaces and fills; it takes the place of two ordinary ones. The cases'
indexes by place and organisation hold what is searched."""

from django.db import migrations, models


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

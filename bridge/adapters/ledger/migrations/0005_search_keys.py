"""Keys by which the register and the cases are searched; 0013 fills them for the rows that are there."""

from django.db import migrations, models


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

"""Other systems with a token each, and who of them looked at whom."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0007_tombstones'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField()),
                ('amphoes', models.JSONField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('spent_until', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AlterField(
            model_name='readentry',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='readentry',
            name='client',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='ledger.apiclient'),
        ),
        migrations.AddConstraint(
            model_name='readentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account__isnull', False), ('client__isnull', True)), models.Q(('account__isnull', True), ('client__isnull', False)), _connector='OR'), name='one_reader'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(fields=['published_at', 'case'], name='published_changed'),
        ),
    ]

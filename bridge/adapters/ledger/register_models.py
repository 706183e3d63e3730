"""The ledger's tables of the register's imports: which there were, and what each of them replaced."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bridge.adapters.ledger.fields import CellsField


class RegisterImport(models.Model):
    """One import of the register; its id is the `version` of the rows that came by it."""

    at = models.DateTimeField()
    file = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    empty_clears = models.BooleanField(default=False)
    state = models.CharField(max_length=10)
    first_person = models.BigIntegerField()  # who came by it has this id or a later one
    done_row = models.PositiveIntegerField(default=0)  # of the file: up to it all is in the register
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    erased = models.PositiveIntegerField(default=0)


class RegisterPast(models.Model):
    """A row of the register before the import `version` changed it; `came` is the version that it was of then."""

    version = models.CharField(max_length=64)
    number = models.CharField(max_length=64, db_index=True)
    came = models.CharField(max_length=64)
    values = CellsField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "number"], name="one_register_past")
        ]

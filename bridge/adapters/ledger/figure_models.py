"""The ledger's tables of what cases add to the summaries."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CaseBlock(models.Model):
    """What the cases of neighbouring numbers add, as domain/case_columns.py has it: no word, no person."""

    number = models.PositiveIntegerField(unique=True)
    codes = models.BinaryField()


class UncountedCase(models.Model):
    """A case whose row was written since it was counted; more than once where it was written more than once."""

    case = models.CharField(max_length=40)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "id"], name="uncounted_case")]

"""The ledger's tables of what is searched: the register, and the keys of the cases."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bridge.adapters.ledger.fields import CellsField


class RegisterPerson(models.Model):
    """A row of the poverty register (TPMAP) by its own number, and what it is searched by, made of its values."""

    number = models.CharField(max_length=64, unique=True)
    version = models.CharField(max_length=64)
    values = CellsField()
    search = models.CharField(max_length=400, blank=True, default="")
    amphoe = models.CharField(max_length=100, blank=True, default="")
    tambon = models.CharField(max_length=100, blank=True, default="")
    level = models.CharField(max_length=10, blank=True, default="")


class SearchTerm(models.Model):
    """Who of a block holds a term of an inverted index (domain/search_terms.py), as a packed Roaring bitmap."""

    kind = models.CharField(max_length=9)
    term = models.CharField(max_length=130)
    block = models.PositiveIntegerField()
    holders = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "term", "block"], name="one_search_term")
        ]


class SearchState(models.Model):
    """`version` is another one after every change of that index; whoever changes it holds this row."""

    kind = models.CharField(max_length=9, primary_key=True)
    version = models.CharField(max_length=16)


class CaseKey(models.Model):
    """What a case is searched by: `shown` "published", as officers see it, or "now", as it stands."""

    case = models.CharField(max_length=40)
    shown = models.CharField(max_length=9)  # no boolean: SQLite asks no index for one
    fiscal_year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    search = models.CharField(max_length=400)
    amphoe = models.CharField(max_length=100, blank=True)
    tambon = models.CharField(max_length=100, blank=True)
    operation = models.CharField(max_length=100, blank=True)
    org = models.CharField(max_length=200, blank=True)
    identity = models.CharField(max_length=13, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "shown"], name="one_case_key")]
        indexes: ClassVar = [
            models.Index(
                fields=["shown", "fiscal_year", "number", "amphoe", "tambon", "operation", "case"],
                name="case_key_newest",
            ),
        ]

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


class RegisterFragment(models.Model):
    """Who of a block of the register holds a fragment, as packed bits (domain/fragments.py)."""

    fragment = models.CharField(max_length=120)
    block = models.PositiveIntegerField()
    people = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fragment", "block"], name="one_register_fragment")
        ]


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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "shown"], name="one_case_key")]
        indexes: ClassVar = [
            # Holds all that a search compares, in the order of its answer, as that of the register does.
            models.Index(
                fields=[
                    "shown",
                    "fiscal_year",
                    "number",
                    "search",
                    "amphoe",
                    "tambon",
                    "operation",
                    "org",
                    "case",
                ],
                name="case_key_newest",
            ),
            # Some thousands of cases each: read whole, and put in order then.
            models.Index(
                fields=["shown", "amphoe", "tambon", "fiscal_year", "number", "search", "case"],
                name="case_key_place",
            ),
            models.Index(
                fields=["shown", "org", "fiscal_year", "number", "search", "case"], name="case_key_org"
            ),
        ]

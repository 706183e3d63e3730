"""The ledger's tables of money given: what was transferred, and what limits count."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bridge.adapters.ledger.fields import CellsField


class CountedFor(models.Model):
    """Whose a payment is, as digests, and what it counts for; "" where that is not known."""

    identity = models.CharField(max_length=32, blank=True)
    person = models.CharField(max_length=32, blank=True)
    family = models.CharField(max_length=32, blank=True)
    house = models.CharField(max_length=32, blank=True)
    sections = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    year = models.PositiveSmallIntegerField()
    day = models.DateField(null=True)

    class Meta:
        abstract = True


class PaymentLine(CountedFor):
    """Money that was transferred, as the row said then; a change that staff accept is a line of its own, and no line
    is ever changed. The last one of a case holds."""

    case = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    said = CellsField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="one_payment_line")]


class Claim(CountedFor):
    """What a case is counted by in limits, kept beside it so that a touched one is judged without reading all."""

    case = models.CharField(max_length=40, unique=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["identity"], name="claim_identity"),
            models.Index(fields=["person"], name="claim_person"),
            models.Index(fields=["family"], name="claim_family"),
            models.Index(fields=["house"], name="claim_house"),
        ]

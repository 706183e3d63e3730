"""The ledger's tables of matching."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class MatchPerson(models.Model):
    """What a case says about its person: JSON lists of texts. While `heard`, the keys are still those of `before`.
    `links` is who of the register it may be."""

    case = models.CharField(max_length=40, unique=True)
    fiscal_year = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=200, blank=True)
    said = models.TextField(blank=True)
    before = models.TextField(blank=True)
    heard = models.BooleanField()
    links = models.TextField(blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case"], condition=models.Q(heard=True), name="match_heard"),
        ]


class MatchBucket(models.Model):
    """A bucket of block keys with their owners (domain/matching/postings.py); its id is that of its group and its
    number among them."""

    id = models.PositiveIntegerField(primary_key=True)
    packed = models.BinaryField()


class MatchPair(models.Model):
    """Two cases of one person, or that would be by their own evidence."""

    left = models.CharField(max_length=40)
    right = models.CharField(max_length=40)
    score = models.FloatField()
    verdict = models.CharField(max_length=10)
    grounds = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["left", "right"], name="one_match_pair")]
        indexes: ClassVar = [models.Index(fields=["right"], name="match_pair_right")]

"""The ledger's tables. Times are aware and in UTC; what a person typed is kept exactly."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from bridge.adapters.ledger.fields import CellsField
from bridge.adapters.ledger.figure_models import CaseBlock, UncountedCase
from bridge.adapters.ledger.match_models import MatchBucket, MatchPair, MatchPerson
from bridge.adapters.ledger.payment_models import Claim, PaymentLine
from bridge.adapters.ledger.register_models import RegisterImport, RegisterPast
from bridge.adapters.ledger.search_models import CaseKey, RegisterPerson, SearchState, SearchTerm

# Django looks for every table here.
__all__ = [
    "CaseBlock",
    "CaseKey",
    "Claim",
    "MatchBucket",
    "MatchPair",
    "MatchPerson",
    "PaymentLine",
    "RegisterImport",
    "RegisterPast",
    "RegisterPerson",
    "SearchState",
    "SearchTerm",
    "UncountedCase",
]


class SheetRow(models.Model):
    """A row of one of the sheets: the truth, what the sheet was last known to show, and how they stand."""

    table = models.CharField(max_length=16)
    key = models.CharField(max_length=40)
    values = CellsField()
    confirmed = CellsField()
    suggested = CellsField()
    digest = models.CharField(max_length=32, blank=True)
    presence = models.CharField(max_length=8)
    settled = models.BooleanField()
    dirty = models.BooleanField()
    erased = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "key"], name="one_row_per_key")]
        indexes: ClassVar = [
            models.Index(fields=["table"], condition=models.Q(dirty=True), name="rows_dirty"),
            models.Index(fields=["table"], condition=models.Q(settled=False), name="rows_unsettled"),
        ]


class History(models.Model):
    """Every change of a row: who or what, when, old, new, why. Never deleted; an erasure blanks old and new."""

    at = models.DateTimeField()
    table = models.CharField(max_length=16)
    key = models.CharField(max_length=40)
    actor = models.CharField(max_length=16)
    why = models.CharField(max_length=24)
    column = models.CharField(max_length=24, blank=True)
    change = CellsField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["table", "key", "id"], name="history_of_row")]


class Case(models.Model):
    """A case's number and the answer it came from."""

    key = models.CharField(max_length=40, unique=True)
    fiscal_year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=32)
    response = models.CharField(max_length=128)
    arrived_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "response"], name="one_case_per_response"),
            models.UniqueConstraint(fields=["fiscal_year", "number"], name="one_case_per_number"),
        ]


class Answer(models.Model):
    """A submission as it was sent; an edited one has a row for each version."""

    source = models.CharField(max_length=32)
    response = models.CharField(max_length=128)
    case = models.CharField(max_length=40, db_index=True)
    file = models.CharField(max_length=255)
    row = models.PositiveIntegerField()
    answers = CellsField()
    arrived_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["source", "response"], name="answers_of_response")]


class Publication(models.Model):
    """A checked case as officers may see it."""

    case = models.CharField(max_length=40, unique=True)
    fiscal_year = models.PositiveSmallIntegerField(db_index=True)
    amphoe = models.CharField(max_length=100, blank=True)
    tambon = models.CharField(max_length=100, blank=True)
    values = CellsField()
    published_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["published_at", "case"], name="published_changed")]


class Review(models.Model):
    """Something that a person should look at; `subject` says what it is about. A pair of cases is filed under the
    later one as `case`; all else has no `earlier`."""

    key = models.CharField(max_length=40, unique=True)
    number = models.PositiveIntegerField(unique=True)
    subject = models.CharField(max_length=300, unique=True)
    kind = models.CharField(max_length=20)
    case = models.CharField(max_length=40, blank=True, db_index=True)
    earlier = models.CharField(max_length=40, blank=True, db_index=True)
    shown = CellsField()
    facts = CellsField()
    state = models.CharField(max_length=8)
    decision = models.CharField(max_length=60, blank=True)


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email_key=(username or "").strip().lower())


class Account(AbstractBaseUser):
    """Who may sign in. `areas` is a list of [amphoe, tambon]; `session_epoch` grows to end all sessions."""

    email = models.EmailField(max_length=254, unique=True)
    email_key = models.CharField(max_length=254, unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    org = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=10)
    areas = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = AccountManager()

    def get_session_auth_hash(self) -> str:
        return self._epoch_hash(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Any:
        for fallback in super().get_session_auth_fallback_hash():
            yield self._epoch_hash(fallback)

    def _epoch_hash(self, value: str) -> str:
        return hashlib.sha256(f"{value}:{self.session_epoch}:{self.is_active}".encode()).hexdigest()


class AccessRequest(models.Model):
    """One mailbox's request for access, and how it stands."""

    key = models.CharField(max_length=40, unique=True)
    email_key = models.CharField(max_length=254, unique=True)
    state = models.CharField(max_length=8)
    approvals = models.PositiveIntegerField(default=0)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    asked_again = models.PositiveIntegerField(default=0)


class AccessResponse(models.Model):
    """A form answer that asked for access and was taken in, so that it is never counted twice."""

    response = models.CharField(max_length=128, unique=True)


class WebAnswer(models.Model):
    """An answer given in the portal that the next cycle takes in, like one of a form."""

    form = models.CharField(max_length=16)
    response = models.CharField(max_length=128)
    answers = CellsField()
    arrived_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["form", "response"], name="one_web_answer"),
        ]


class Attachment(models.Model):
    """A file of a case; its content is in the file store, under `name`."""

    case = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    shown = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    account = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="one_attachment_per_number"),
        ]


class ActivationLink(models.Model):
    """A one-time link; only its hash is kept. `message` is the outbox message that carried it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    message = models.CharField(max_length=64, blank=True, db_index=True)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Cursor(models.Model):
    """How far a source of answers has been read."""

    source = models.CharField(max_length=32)
    name = models.CharField(max_length=255)
    cursor = models.CharField(max_length=255)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "name"], name="one_cursor")]


class Lease(models.Model):
    name = models.CharField(max_length=64, unique=True)
    holder = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField()


class Setting(models.Model):
    name = models.CharField(max_length=64, unique=True)
    value = models.TextField()


class RunReport(models.Model):
    kind = models.CharField(max_length=20, db_index=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    exit_code = models.PositiveSmallIntegerField()
    report = models.JSONField()


class OutboxMessage(models.Model):
    """A message to be mailed and how far it has come; `withdrawn` when its approval no longer holds."""

    key = models.CharField(max_length=64, unique=True)
    letter_key = models.CharField(max_length=64)
    message_id = models.CharField(max_length=320)
    request = models.CharField(max_length=40, db_index=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    recipient = models.CharField(max_length=254)
    template = models.CharField(max_length=40)
    context = models.JSONField()
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=24, blank=True)
    said = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "next_try"], name="outbox_due")]


class SheetOperation(models.Model):
    """The one write to a spreadsheet whose outcome is not known yet."""

    book = models.CharField(max_length=100, unique=True)
    marker = models.PositiveIntegerField()
    state = models.CharField(max_length=8)
    plan = models.JSONField()
    sent_at = models.DateTimeField(null=True)


class FileShare(models.Model):
    """What the bridge shared with whom, on Drive."""

    request = models.CharField(max_length=40)
    file = models.CharField(max_length=100)
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=12)
    state = models.CharField(max_length=8)
    permission = models.CharField(max_length=100, blank=True)
    said = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "file"], name="one_share")]


class ApiClient(models.Model):
    """Another system that uses the JSON API. Of its token only the hash is kept; `spent_until` is the moment
    (microseconds of the epoch) at which its allowance is whole again. A client is revoked, never deleted."""

    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField()
    amphoes = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    spent_until = models.BigIntegerField(default=0)


class ReadEntry(models.Model):
    """Who looked at whom, a person in the portal or a client of the API: never changed, and kept for at least
    90 days."""

    at = models.DateTimeField(db_index=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    client = models.ForeignKey(ApiClient, null=True, on_delete=models.PROTECT)
    what = models.CharField(max_length=40)
    keys = models.JSONField()
    why = models.CharField(max_length=200, blank=True)
    refused = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(account__isnull=False, client__isnull=True)
                | models.Q(account__isnull=True, client__isnull=False),
                name="one_reader",
            )
        ]


class ErasureEntry(models.Model):
    """An erasure: who, when, how many cases, why. Nobody's value."""

    key = models.CharField(max_length=32, unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=16)
    why = models.CharField(max_length=200)
    cases = models.PositiveIntegerField()


class TombstoneEntry(models.Model):
    """By what something erased could come back, as domain/tombstones.py seals it."""

    erasure = models.ForeignKey(ErasureEntry, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["erasure", "kind", "digest"], name="one_tombstone")
        ]


class CachedValue(models.Model):
    """The table of Django's database cache, where sign-in counts wrong guesses."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

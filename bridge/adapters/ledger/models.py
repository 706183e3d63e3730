"""The ledger's tables. Times are aware and in UTC; what a person typed is kept exactly."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from bridge.adapters.ledger.fields import CellsField


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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "key"], name="one_row_per_key")]
        indexes: ClassVar = [
            models.Index(fields=["table"], condition=models.Q(dirty=True), name="rows_dirty"),
            models.Index(fields=["table"], condition=models.Q(settled=False), name="rows_unsettled"),
        ]


class History(models.Model):
    """Every change of a row: who or what, when, old, new, why. Never changed, never deleted."""

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


class MatchKey(models.Model):
    """What a case is compared by, kept beside it so that a new one is compared without reading all."""

    case = models.CharField(max_length=40, unique=True)
    identity = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["identity"], name="match_identity"),
            models.Index(fields=["place"], name="match_place"),
        ]


class Publication(models.Model):
    """A checked case as officers may see it."""

    case = models.CharField(max_length=40, unique=True)
    fiscal_year = models.PositiveSmallIntegerField(db_index=True)
    amphoe = models.CharField(max_length=100, blank=True)
    tambon = models.CharField(max_length=100, blank=True)
    values = CellsField()
    published_at = models.DateTimeField()


class Review(models.Model):
    """Something that a person should look at; `subject` says what it is about."""

    key = models.CharField(max_length=40, unique=True)
    number = models.PositiveIntegerField(unique=True)
    subject = models.CharField(max_length=300, unique=True)
    kind = models.CharField(max_length=20)
    case = models.CharField(max_length=40, blank=True, db_index=True)
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


class ReadEntry(models.Model):
    """Who looked at whom in the portal: never changed, and kept for at least 90 days."""

    at = models.DateTimeField(db_index=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    what = models.CharField(max_length=40)
    keys = models.JSONField()
    why = models.CharField(max_length=200, blank=True)
    refused = models.BooleanField()


class CachedValue(models.Model):
    """The table of Django's database cache, where sign-in counts wrong guesses."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

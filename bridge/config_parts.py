"""What each section of the province file may hold; how they fit together is checked in bridge/config.py."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bridge.domain.values.text import word_key

Word = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProvincePart(Part):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,5}$")]
    name: Word
    office: Word
    line: str = ""
    phone: str = ""
    email: str = ""


class AreasPart(Part):
    amphoe_aliases: dict[str, str] = {}
    extra: list[tuple[Word, Word]] = []


class SchedulePart(Part):
    sync_minutes: int = Field(5, ge=1, le=1440)
    deliver_minutes: int = Field(5, ge=1, le=1440)
    summarise_minutes: int = Field(60, ge=1, le=1440)
    publish_at: TimeOfDay = "18:00"
    backup_at: TimeOfDay = "19:00"
    backups_kept: int = Field(14, ge=1, le=1000)


class RetentionPart(Part):
    read_log_months: int = Field(12, ge=3, le=120)


class PortalPart(Part):
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
    link_hours: int = Field(72, ge=1, le=720)
    proxy: str = ""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1d4f91"
    processes: int = Field(2, ge=1, le=16)
    threads: int = Field(4, ge=1, le=64)
    attachments: int = Field(5, ge=0, le=20)
    attachment_mb: int = Field(8, ge=1, le=50)
    pdf_font: str = ""

    @property
    def attachment_bytes(self) -> int:
        return self.attachment_mb * 1_000_000

    @property
    def https(self) -> bool:
        return self.base_url.lower().startswith("https://")


class ApiPart(Part):
    """Limits of the JSON API: of one client, of one address that brings bad tokens, of a token's life."""

    requests_per_minute: int = Field(120, ge=1, le=100_000)
    bad_tokens_per_minute: int = Field(30, ge=1, le=10_000)
    token_days: int = Field(365, ge=1, le=1830)


class SmtpPart(Part):
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    auth: Literal["password", "xoauth2"] = "password"
    user: str = ""
    password_file: str = ""
    timeout_seconds: float = Field(60, gt=0, le=600)
    ca_file: str = ""


class EvidencePart(Part):
    log_file: str = ""
    imap_host: str = ""
    imap_port: int = Field(993, ge=1, le=65535)
    imap_auth: Literal["password", "xoauth2"] = "password"
    imap_user: str = ""
    imap_mailbox: str = "Sent"
    complete: bool = False


class MailPart(Part):
    backend: Literal["folder", "smtp", "gmail"] = "folder"
    from_address: Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]
    from_name: str = ""
    daily_limit: int = Field(400, ge=1)
    max_attempts: int = Field(12, ge=1)
    settle_minutes: int = Field(11, ge=1)
    smtp: SmtpPart = SmtpPart()
    evidence: EvidencePart = EvidencePart()

    @model_validator(mode="after")
    def _smtp_has_a_host(self) -> MailPart:
        if self.backend == "smtp" and not self.smtp.host:
            raise ValueError("mail.smtp.host")
        return self


class RolesPart(Part):
    officer: Word
    staff: Word
    admin: Word
    executive: Word


class AccessStatesPart(Part):
    pending: Word
    fix: Word
    active: Word
    refused: Word
    revoked: Word


class AccessPart(Part):
    fold_gmail: bool = True
    approve: list[Word] = Field(min_length=1)
    refuse: list[Word] = Field(min_length=1)
    roles: RolesPart
    states: AccessStatesPart

    @model_validator(mode="after")
    def _one_meaning_per_word(self) -> AccessPart:
        both = {word_key(word) for word in self.approve} & {word_key(word) for word in self.refuse}
        if both:
            raise ValueError(", ".join(sorted(both)))
        return self


class LedgerPart(Part):
    engine: Literal["sqlite", "postgresql"] = "sqlite"
    host: str = ""
    port: int = Field(5432, ge=1, le=65535)
    name: str = ""
    user: str = ""


class StepRule(Part):
    operation: Word
    step: Word


class OutcomeRule(Part):
    step: Word
    outcome: Word


class RulesPart(Part):
    waiting: Word
    received: Word
    step_otherwise: Word
    helped: Word
    incomplete: str = ""
    checked: list[Word] = Field(min_length=1)
    case_types: list[Word] = Field(min_length=1)
    other_type: str = ""
    steps: list[StepRule] = Field(min_length=1)
    outcomes: list[OutcomeRule] = Field(min_length=1)


class QuestionPart(Part):
    column: Word
    title: Word
    aliases: list[Word] = []
    required: bool = False
    normal: Literal["text", "date", "datetime", "phone", "national_id", "house_no", "moo", "age"] = "text"


class FormPart(Part):
    timestamp: list[Word] = Field(min_length=1)
    email: list[Word] = []
    response_id: list[Word] = []
    questions: list[QuestionPart] = Field(min_length=1)


class FormsPart(Part):
    access: FormPart
    cases: FormPart


class ColumnPart(Part):
    key: Word
    header: Word
    aliases: list[Word] = []
    choices: list[Word] = []
    width: int = Field(14, ge=4, le=120)


class SheetPart(Part):
    tab: Annotated[str, StringConstraints(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\]+$")]
    columns: list[ColumnPart]


class SheetsPart(Part):
    access: SheetPart
    cases: SheetPart
    reviews: SheetPart


class DecisionWords(Part):
    not_same: Word
    same: Word
    keep_sheet: Word
    take_form: Word
    restore_row: Word
    go_on: Word
    accept: Word
    done: Word


class ReviewStates(Part):
    open: Word
    decided: Word
    gone: Word


class ReviewKinds(Part):
    refused_row: Word
    unreadable_file: Word
    conflict: Word
    duplicate: Word
    copied_row: Word
    unknown_id: Word
    vanished: Word
    erased_row: Word
    limit: Word
    payment: Word
    papers: Word
    earlier: Word
    in_register: Word
    access: Word


class ReviewsPart(Part):
    decisions: DecisionWords
    states: ReviewStates
    kinds: ReviewKinds


class RegisterPart(Part):
    required: list[Word]
    columns: dict[str, list[Word]]

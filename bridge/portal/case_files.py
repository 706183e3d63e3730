"""The files of the case form. While the form is shown again they are kept, and go back with it as signed notes, so
that nobody has to choose and send them twice; who does not want one any more takes its tick away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from bridge.application.attach_files import WAITING
from bridge.application.ports.attachments import StoredFile
from bridge.domain.attachments import Kind
from bridge.domain.problems import Problem
from bridge.portal.office import office
from bridge.portal.uploads import FIELD
from bridge.portal.words import worded

KEPT = "kept"
# A phone turns its own format (HEIC) into JPEG where only these are asked for, and offers its camera.
ACCEPTED = "image/jpeg,image/png,image/webp,application/pdf"


@dataclass(frozen=True)
class Kept:
    """A file that is in the store, and the note by which the form brings it back."""

    file: StoredFile
    note: str


class FileInput(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"multiple": True, "accept": ACCEPTED})


def field() -> forms.Field:
    return forms.Field(label=worded("attachments"), required=False, widget=FileInput())


def taken(request: HttpRequest, form: forms.Form) -> list[Kept]:
    """The files of a form that was posted and looked through: those kept from before, then the new ones. What is not
    taken becomes an error of its field."""
    if FIELD not in form.fields:
        return []
    kept = _from_before(request)
    uploads: list[Any] = request.FILES.getlist(FIELD)
    most = office().province.portal.attachments
    if len(kept) + len(uploads) > most:
        form.add_error(FIELD, worded("attachments_many", most=most, count=len(kept) + len(uploads)))
        return kept[:most]
    if not all(ratelimit.consume(request, action="attach", user=request.user) for _ in uploads):
        form.add_error(FIELD, worded("attachments_day"))
        return kept
    fresh = [_take(request, form, upload) for upload in uploads]
    return [*kept, *(file for file in fresh if file is not None)]


def unused(files: Sequence[Kept]) -> list[Kept]:
    """Those that have become no case's."""
    free = office().attachments.unused([kept.file for kept in files])
    return [kept for kept in files if kept.file in free]


def _take(request: HttpRequest, form: forms.Form, upload: UploadedFile) -> Kept | None:
    file = office().attachments.take(upload.file, upload.size or 0, upload.name or "")  # type: ignore[arg-type]
    if isinstance(file, Problem):
        form.add_error(FIELD, ValidationError(office().messages.problem(file)))
        return None
    note = signing.dumps(asdict(file), salt=_salt(request), compress=True)
    return Kept(file, note)


def _from_before(request: HttpRequest) -> list[Kept]:
    """A note is good for this person alone, and as long as its file is surely there."""
    kept = []
    for note in dict.fromkeys(request.POST.getlist(KEPT)):
        try:
            told = signing.loads(note, salt=_salt(request), max_age=WAITING)
        except signing.BadSignature:
            continue
        kept.append(Kept(StoredFile(**{**told, "kind": Kind(told["kind"])}), note))
    return unused(kept)


def _salt(request: HttpRequest) -> str:
    return f"case-file:{request.user.pk}"

"""How files come in: to a file on the disk that nobody else can open, and no more of them than is allowed."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from bridge.portal.office import office

ROUTE, FIELD = "case_new", "files"


class CaseFiles(FileUploadHandler):
    """Takes the files of the case form from who is signed in, and passes over all others. What is beyond the limits
    of the province file is counted and not kept: the form sees the true size and number, and refuses them."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._begun = self._size = 0
        self._file: IO[bytes] | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        request: Any = self.request
        at = request.resolver_match
        if (
            at is None
            or at.url_name != ROUTE
            or self.field_name != FIELD
            or not request.user.is_authenticated
        ):
            raise SkipFile
        portal = office().province.portal
        self._begun += 1
        self._room = portal.attachment_bytes if self._begun <= portal.attachments else 0
        self._size, self._file = 0, tempfile.TemporaryFile()  # noqa: SIM115  # closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._file is not None and self._size <= self._room:
            self._file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        file, self._file = self._file, None
        if file is None:
            return None
        file.seek(0)
        return UploadedFile(file, self.file_name or "", size=self._size)

    def upload_interrupted(self) -> None:
        if self._file is not None:
            self._file.close()

"""One file of a case, for those who may see the case, and for who sent it."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bridge.application.errors import OutsideError
from bridge.application.ports.attachments import Attachment
from bridge.domain.attachments import Kind, file_name
from bridge.domain.cases import read_case_number
from bridge.portal import readlog
from bridge.portal.office import office
from bridge.portal.searches import viewer

ROUTE = "case_file"
# A photo opens in the browser, where it stays in no folder of a phone; readers of PDF do not work in a sandbox.
SHOWN = {Kind.PHOTO: ("image/jpeg", "inline"), Kind.PDF: ("application/pdf", "attachment")}
# A photo is fitted to the screen by the browser's own inline style; nothing of the file itself can hold one.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@require_safe
def page(request: HttpRequest, case: str, number: int) -> HttpResponse:
    if read_case_number(case, office().province.province.code) is None:
        raise Http404
    files = office().attachments
    found = files.find(case, number)
    if found is None:
        raise Http404
    if not _may_see(request, found):
        readlog.note(request, ROUTE, [case], refused=True)
        raise Http404
    readlog.note(request, ROUTE, [case])
    try:
        content = files.content(found)
    except OutsideError as error:
        logging.getLogger("saphan").error(error.code, extra={"facts": {"case": case, "number": number}})
        raise Http404 from error
    kind, how = SHOWN[found.file.kind]
    response = HttpResponse(content, content_type=kind)
    name = file_name(found.case, found.number, found.file.kind)
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    response["Content-Security-Policy"] = ALONE
    return response


def _may_see(request: HttpRequest, found: Attachment) -> bool:
    return found.account == str(request.user.pk) or office().track_cases.may_see(found.case, viewer(request))

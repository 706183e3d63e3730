"""What staff and admins do in the portal, and what is done for them each night."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from bridge.application.admin_desk import AdminDesk
from bridge.application.attach_files import AttachFiles
from bridge.application.decide_access import DecideAccess
from bridge.application.deliver_mail import DeliverMail
from bridge.application.erase import Erase
from bridge.application.hand_out import HandOut
from bridge.application.mend_cases import MendCases
from bridge.application.sweep import Sweep
from bridge.bootstrap.matches import build_match_cases
from bridge.bootstrap.use_cases import UseCases


def desk(parts: UseCases, deliver: DeliverMail) -> dict[str, Any]:
    ports, months = parts.ports, parts.province.retention.read_log_months
    attachments = _attach_files(parts)
    return {
        "decide_reviews": parts.decide_reviews(),
        "decide_access": _decide_access(parts),
        "mend_cases": MendCases(ports.rows, ports.journal, parts.places, parts.province.workflow()),
        "admin_desk": _admin_desk(parts, deliver),
        "hand_out": _hand_out(parts),
        "attachments": attachments,
        "sweep": Sweep(ports.read_log, attachments, ports.clock, months),
    }


def erase(parts: UseCases, lease: Callable[[], AbstractContextManager[None]]) -> Erase:
    ports, attached = parts.ports, _attach_files(parts)

    def forget_files(cases: Sequence[str]) -> None:
        attached.erase(cases)
        ports.refused_rows.forget()  # a file of refused rows is made again by importing again

    return Erase(
        ports.rows,
        ports.cases,
        ports.records,
        ports.register,
        ports.reviews,
        parts.review_list,
        ports.erasures,
        ports.erasure_file,
        ports.journal,
        ports.clock,
        parts.seal,
        parts.province.workflow(),
        parts.messages,
        lease,
        new_key=lambda: secrets.token_hex(16),
        forget_files=forget_files,
        forget_matches=build_match_cases(parts.workspace, parts.province, ports).forget,
    )


def _attach_files(parts: UseCases) -> AttachFiles:
    ports, most = parts.ports, parts.province.portal.attachment_bytes
    return AttachFiles(
        ports.file_check, ports.file_store, ports.attachments, ports.journal, ports.clock, most
    )


def _admin_desk(parts: UseCases, deliver: DeliverMail) -> AdminDesk:
    ports, portal = parts.ports, parts.province.portal
    return AdminDesk(
        ports.people,
        ports.mails,
        ports.passwords,
        ports.rows,
        ports.clock,
        deliver.resend,
        portal.base_url,
        timedelta(hours=portal.link_hours),
    )


def _decide_access(parts: UseCases) -> DecideAccess:
    ports = parts.ports
    return DecideAccess(
        ports.accounts,
        ports.people,
        ports.rows,
        parts.review_list,
        ports.journal,
        parts.approve_access(),
        parts.access_words(),
        parts.places,
    )


def _hand_out(parts: UseCases) -> HandOut:
    ports, province = parts.ports, parts.province
    return HandOut(
        ports.records,
        ports.rows,
        ports.attachments,
        ports.read_log,
        ports.people,
        ports.register,
        ports.journal,
        {column.key: column.header for column in province.table("cases").columns},
        {column: titles[0] for column, titles in province.register_.columns.items()},
        parts.messages,
    )

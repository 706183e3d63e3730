"""Transactions, leases, cursors, settings and run reports, on Django's ORM."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

import psutil
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from bridge.adapters.ledger.models import Cursor, Lease, RunReport, Setting
from bridge.adapters.ledger.prepared import Prepared
from bridge.adapters.ledger.together import in_turn, together
from bridge.application.ports.journal import Run

T = TypeVar("T")


def this_process() -> str:
    """Names a process so that another on the same machine can tell whether it still lives."""
    process = psutil.Process()
    return f"{socket.gethostname()}|{process.pid}|{process.create_time():.2f}"


def _is_dead(holder: str) -> bool:
    """True only for a process of this machine that is certainly gone."""
    parts = holder.split("|")
    if len(parts) != 3 or parts[0] != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(parts[1]))
        return f"{process.create_time():.2f}" != parts[2] or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


class DjangoJournal:
    """Implements ports.journal.Journal."""

    def transaction(self) -> AbstractContextManager[None]:
        return in_turn()

    def together(self, work: Callable[[], T]) -> T:
        return together(work, in_turn=True)

    def acquire(self, lease: str, holder: str, now: datetime, until: datetime) -> bool:
        try:
            with transaction.atomic():
                Lease.objects.get_or_create(name=lease, defaults={"holder": "", "until": now})
        except IntegrityError:
            pass  # another process made it at this moment
        free = Q(holder="") | Q(until__lte=now) | Q(holder=holder)
        if self._take(lease, free, holder, until):
            return True
        current = Lease.objects.get(name=lease).holder
        return _is_dead(current) and self._take(lease, Q(holder=current), holder, until)

    @staticmethod
    def _take(lease: str, condition: Q, holder: str, until: datetime) -> bool:
        return Lease.objects.filter(condition, name=lease).update(holder=holder, until=until) == 1

    def renew(self, lease: str, holder: str, until: datetime) -> bool:
        return Lease.objects.filter(name=lease, holder=holder).update(until=until) == 1

    def release(self, lease: str, holder: str) -> None:
        Lease.objects.filter(name=lease, holder=holder).update(holder="")

    def cursors(self, source: str) -> dict[str, str]:
        return dict(Cursor.objects.filter(source=source).order_by("name").values_list("name", "cursor"))

    def set_cursor(self, source: str, name: str, cursor: str) -> None:
        Cursor.objects.update_or_create(source=source, name=name, defaults={"cursor": cursor})

    def setting(self, name: str) -> str:
        return next((value for (value,) in _setting(name)), "")

    def set_setting(self, name: str, value: str) -> None:
        Setting.objects.update_or_create(name=name, defaults={"value": value})

    def damage(self) -> str:
        """What the database says is wrong with itself, "" for nothing."""
        if connection.vendor != "sqlite":
            return ""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            said = str(cursor.fetchone()[0])
        return "" if said == "ok" else said

    def record_run(self, run: Run) -> None:
        RunReport.objects.create(
            kind=run.kind,
            started_at=run.started_at,
            finished_at=run.finished_at,
            exit_code=run.exit_code,
            report=dict(run.report),
        )

    def last_runs(self) -> list[Run]:
        newest = []
        for kind in RunReport.objects.order_by("kind").values_list("kind", flat=True).distinct():
            row = RunReport.objects.filter(kind=kind).order_by("-id").first()
            if row is not None:
                newest.append(Run(kind, row.started_at, row.finished_at, row.exit_code, row.report))
        return newest


_setting = Prepared(lambda name: Setting.objects.filter(name=name).values_list("value"))

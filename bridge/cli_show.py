"""How results look on the command line: tables of figures, no person in them."""

from __future__ import annotations

from rich.table import Table

from bridge.application.cycle import CycleReport
from bridge.application.ports.journal import Run
from bridge.application.status import Standing
from bridge.bootstrap import local_time
from bridge.domain.values.thai_date import buddhist
from bridge.messages import Messages


def cycle(say: Messages, report: CycleReport) -> Table:
    """What one cycle did, in figures."""
    table = Table(title=say.text("say", "sync_title"))
    table.add_column(say.text("say", "item"))
    table.add_column(say.text("say", "count"), justify="right")
    mail = report.mail
    for code, number in (
        ("new_cases", report.forms_cases.new),
        ("new_typed", report.cases.typed),
        ("edited", report.forms_cases.edited),
        ("refused", report.forms_cases.refused + report.forms_access.refused),
        ("new_requests", report.forms_access.new),
        ("approved", report.decided.approved),
        ("revoked", report.decided.revoked),
        ("heard", report.cases.heard + report.access.heard),
        ("conflicts", report.cases.conflicts),
        ("gone", report.cases.gone),
        ("appended", report.cases.appended + report.access.appended),
        ("written", report.cases.cells + report.access.cells),
        ("sent", mail.sent),
        ("waiting", mail.waiting),
        ("held", mail.held),
        ("failed", mail.failed),
    ):
        if number or code in ("new_cases", "heard", "sent"):
            table.add_row(say.text("say", code), f"{number:,}")
    return table


def standing(say: Messages, standing: Standing) -> Table:
    """How the office stands, and what its last runs did."""
    table = Table(title=say.text("say", "status_title"), show_header=False)
    for code, number in (
        ("cases", standing.cases),
        ("open_reviews", standing.open_reviews),
        ("requests_pending", standing.requests.get("pending", 0)),
        ("waiting", standing.mails.get("queued", 0)),
        ("held", standing.mails.get("held", 0)),
        ("shown", standing.published),
        ("register_size", standing.register),
    ):
        table.add_row(say.text("say", code), f"{number:,}")
    for kind in ("sync", "deliver", "publish", "summarise", "backup", "renew"):
        table.add_row(say.text("say", f"last_{kind}"), _when(say, standing.runs.get(kind)))
    for code, text in _last_cycle(say, standing.runs.get("sync")):
        table.add_row(say.text("say", code), text)
    return table


def _last_cycle(say: Messages, run_report: Run | None) -> list[tuple[str, str]]:
    """What the last cycle read and wrote, and what it asked of Google."""
    report = run_report.report if run_report is not None else {}
    rounds = [part for part in (report.get("cases"), report.get("access")) if isinstance(part, dict)]
    names = ("heard", "cells", "appended")
    done = {name: f"{sum(part.get(name, 0) for part in rounds):,}" for name in names}
    lines = [("last_work", say.text("say", "last_work_done", **done))] if rounds else []
    traffic = report.get("google")
    if isinstance(traffic, dict):
        counts = {name: f"{count:,}" for name, count in traffic.items()}
        lines.append(("last_google", say.text("say", "last_google_done", **counts)))
    return lines


def _when(say: Messages, run_report: Run | None) -> str:
    if run_report is None:
        return say.text("say", "never")
    local = local_time(run_report.finished_at)
    text = f"{buddhist(local)} {local:%H:%M}"
    if run_report.exit_code:
        codes = ", ".join(map(str, run_report.report.get("trouble", [])))
        text += " " + say.text("say", "with_errors", codes=codes)
    return text

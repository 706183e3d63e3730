"""The command line: Thai first, plain, and the exit codes that a scheduler can act on.

0 done, 1 unexpected, 2 wrong usage, 3 configuration, 4 a sheet is not as it should be, 5 somebody else is at work,
6 an outside service failed.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bridge import (
    bootstrap,
    cli_google,
    cli_match,
    cli_move,
    cli_refit,
    cli_register,
    cli_serve,
    cli_show,
    scheduler,
)
from bridge.application.cycle import CycleReport
from bridge.application.errors import ConfigurationError, SaphanError
from bridge.bootstrap import Office
from bridge.config import InvalidProvince
from bridge.config_parts import SchedulePart
from bridge.demo import play
from bridge.domain.cells import as_text
from bridge.domain.values.thai_date import buddhist
from bridge.log import open_log
from bridge.messages import Messages
from bridge.workspace import Workspace

app = typer.Typer(
    name="saphan",
    help="สะพาน — ระบบส่งต่อและติดตามผู้ประสบปัญหาทางสังคมของ พมจ.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

Where = Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน (ค่าตั้งต้น: โฟลเดอร์ปัจจุบัน)")]
AsJson = Annotated[bool, typer.Option("--json", help="ผลลัพธ์เป็น JSON สำหรับโปรแกรมอื่น")]
NoSync = Annotated[bool, typer.Option("--no-sync", help="ใช้ข้อมูลที่มีในระบบ ไม่อ่านชีตก่อน")]
AcceptLoss = Annotated[bool, typer.Option("--accept-loss", help="ยืนยันว่าตั้งใจลบแถวจำนวนมาก")]


cli_match.register(app, console)
for part in (cli_google, cli_move, cli_refit):
    part.register(app, lambda where: _open(where), console)
cli_register.register(app, lambda where: _open(where), console, complaints)
_serve_demo = cli_serve.register(
    app,
    lambda where: _open(where),
    lambda office, stop: _keep_hours(_Day(office), stop),
    console,
    lambda trouble: _tell(bootstrap.load_messages(), trouble),
)


def main() -> int:
    """Runs the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    messages = bootstrap.load_messages()
    try:
        code = app(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        error.show()  # type: ignore[attr-defined]  # every error of the command line can show itself
        return 2
    except (InvalidProvince, SaphanError) as error:
        return _tell(messages, error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        return _unexpected(error, messages)
    finally:
        bootstrap.close()


def _unexpected(error: Exception, messages: Messages) -> int:
    if bootstrap.is_ledger_failure(error):
        complaints.print(
            messages.text("error", "ledger_unreachable", said=type(error).__name__), markup=False
        )
        return 6
    bootstrap.log_unexpected(error)
    complaints.print(messages.text("error", "unexpected", kind=type(error).__name__), markup=False)
    return 1


def _complain(messages: Messages, error: SaphanError) -> None:
    complaints.print(messages.text("error", error.code, **error.facts), markup=False)


def _tell(messages: Messages, trouble: InvalidProvince | SaphanError) -> int:
    """Returns its exit code."""
    if isinstance(trouble, InvalidProvince):
        complaints.print(_province_problems(trouble, messages), markup=False)
        return ConfigurationError.exit_code
    _complain(messages, trouble)
    return trouble.exit_code


def _province_problems(error: InvalidProvince, messages: Messages) -> str:
    lines = [messages.text("config", "intro", file=error.path.name, count=len(error.problems))]
    for problem in error.problems:
        place = messages.text("config", "line", line=problem.line) if problem.line else ""
        sentence = messages.text("config", problem.code, where=problem.where, detail=problem.detail)
        lines.append(f"- {place}{sentence}")
    return "\n".join(lines)


def _open(where: Path | None) -> Office:
    root = where or Path.cwd()
    if not Workspace(root).is_one():
        bootstrap.refuse_workspace(root)
    log = open_log(Workspace(root).logs)
    office = bootstrap.open_office(root)
    log.info("open", extra={"facts": {"command": " ".join(sys.argv[1:2])}})
    return office


def _finish(office: Office, errors: list[SaphanError]) -> int:
    for error in errors:
        _complain(office.messages, error)
    return errors[0].exit_code if errors else 0


def _log(event: str, **facts: Any) -> None:
    logging.getLogger("saphan").info(event, extra={"facts": facts})


# ------------------------------------------------------------------------------------------------ commands


@app.command(help="สร้างโฟลเดอร์งานใหม่")
def init(folder: Annotated[Path, typer.Argument(help="โฟลเดอร์ที่จะสร้าง")]) -> int:
    messages = bootstrap.load_messages()
    workspace = bootstrap.create(folder)
    console.print(messages.text("say", "init_done", folder=workspace.root), markup=False)
    console.print(messages.text("say", "init_next", folder=workspace.root), markup=False)
    return 0


@app.command(help="ทำงานหนึ่งรอบ: รับแบบฟอร์ม อ่านชีต อนุมัติ ส่งอีเมล เขียนชีต")
def sync(where: Where = None, accept_loss: AcceptLoss = False, as_json: AsJson = False) -> int:
    office = _open(where)
    report = _sync(office, accept_loss)
    if as_json:
        console.print_json(data={"exit_code": report.exit_code, **report.counts()})
    else:
        _show_cycle(office, report)
    return _finish(office, report.trouble)


def _sync(office: Office, accept_loss: bool = False) -> CycleReport:
    report = office.cycle.sync(accept_loss=accept_loss)
    _log("sync", **report.counts())
    return report


def _show_cycle(office: Office, report: CycleReport) -> None:
    console.print(cli_show.cycle(office.messages, report))
    for line in (*report.forms_access.trouble, *report.forms_cases.trouble):
        complaints.print(line, markup=False)


def _sync_first(office: Office, no_sync: bool) -> list[SaphanError]:
    """The sheet's latest, so that what is published and counted is what staff see; its trouble is told after."""
    return [] if no_sync else _sync(office).trouble


@app.command(help="เผยแพร่เคสที่ตรวจสอบแล้วให้เจ้าหน้าที่ตำบลค้นหาได้")
def publish(where: Where = None, no_sync: NoSync = False) -> int:
    office = _open(where)
    trouble = _sync_first(office, no_sync)
    report = bootstrap.recorded(office, "publish", office.publish.run)
    facts = {
        "shown": report.shown,
        "new": report.new,
        "changed": report.changed,
        "withdrawn": report.withdrawn,
    }
    console.print(office.messages.text("say", "published", **facts), markup=False)
    return _finish(office, trouble)


@app.command(help="ปรับปรุงไฟล์สรุปสำหรับผู้บริหาร")
def summarise(where: Where = None, no_sync: NoSync = False) -> int:
    office = _open(where)
    trouble = _sync_first(office, no_sync)
    report = bootstrap.recorded(office, "summarise", office.summarise.run)
    facts = {"file": office.ports.summary_book.name, "cases": report.cases, "years": report.years}
    console.print(office.messages.text("say", "summarised", **facts), markup=False)
    return _finish(office, trouble)


@app.command(help="ส่งอีเมลที่รอส่ง")
def deliver(
    where: Where = None,
    resend: Annotated[str | None, typer.Option(help="ลำดับคำขอที่ให้ส่งอีเมลใหม่ พร้อมลิงก์ใหม่")] = None,
) -> int:
    office = _open(where)
    if resend is not None:
        code = _resend(office, resend)
        if code:
            return code
    report = office.cycle.deliver()
    _log("deliver", **report.counts())
    _show_cycle(office, report)
    return _finish(office, report.trouble)


def _resend(office: Office, number: str) -> int:
    standing = office.ports.outbox.standings([number]).get(number)
    done = standing is not None and office.deliver.resend(standing.key)
    if not done:
        complaints.print(office.messages.text("error", "mail_not_resent", number=number), markup=False)
        return 2
    console.print(office.messages.text("say", "resent", number=number), markup=False)
    return 0


@app.command(help="ทำงานตามเวลาที่จังหวัดกำหนด จนกว่าจะสั่งหยุด")
def run(where: Where = None) -> int:
    office = _open(where)
    try:
        _keep_hours(_Day(office), threading.Event())
    except KeyboardInterrupt:
        console.print(office.messages.text("say", "stopped"), markup=False)
    return 0


def _keep_hours(day: _Day, stop: threading.Event) -> None:
    messages, hours = day.office.messages, day.hours()
    facts = {"sync": hours.sync_minutes, "publish": hours.publish_at, "backup": hours.backup_at}
    console.print(messages.text("say", "running", **facts), markup=False)
    jobs = scheduler.Jobs(
        sync=day.job(lambda office: _finish(office, _sync(office).trouble)),
        deliver=day.job(lambda office: office.cycle.deliver()),
        summarise=day.job(lambda office: bootstrap.recorded(office, "summarise", office.summarise.run)),
        publish=day.job(_evening),
        backup=day.job(bootstrap.night),
    )
    scheduler.run(day.hours, jobs, stop)


def _evening(office: Office) -> None:
    _finish(office, _sync(office).trouble)
    bootstrap.recorded(office, "publish", office.publish.run)
    bootstrap.recorded(office, "summarise", office.summarise.run)


class _Day:
    """The office of a long run, opened anew when its province file was changed meanwhile."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def hours(self) -> SchedulePart:
        return self.office.province.schedule

    def job(self, work: Callable[[Office], object]) -> Callable[[], None]:
        """One job's failure is told and logged; the day goes on."""

        def job() -> None:
            messages = self.office.messages
            try:
                if self.office.is_outdated():
                    self.office = _open(self.office.workspace.root)
                work(self.office)
            except (InvalidProvince, SaphanError) as error:
                _tell(messages, error)
                _log("job_failed", code=getattr(error, "code", "province"))
            except Exception as error:
                _unexpected(error, messages)

        return job


@app.command(help="ตรวจทุกอย่าง: การตั้งค่า ชีต อีเมล และบัญชีข้อมูล")
def check(where: Where = None, as_json: AsJson = False) -> int:
    office = _open(where)
    findings = office.preflight.run()
    worst = next((finding.exit_code for finding in findings if finding.exit_code), 0)
    if as_json:
        listed = [{"code": f.code, "message": f.sentence, "exit_code": f.exit_code} for f in findings]
        console.print_json(data={"exit_code": worst, "findings": listed})
        return worst
    say = office.messages
    title = (
        say.text("say", "found_problems", count=len(findings)) if findings else say.text("say", "all_well")
    )
    console.print(title, markup=False)
    for finding in findings:
        console.print(f"- {finding.sentence}", markup=False)
    return worst


@app.command(help="สถานะของโฟลเดอร์งาน")
def status(where: Where = None, as_json: AsJson = False) -> int:
    office = _open(where)
    standing = office.status.run()
    if as_json:
        console.print_json(data=standing.to_json())
        return 0
    console.print(cli_show.standing(office.messages, standing))
    return 0


@app.command(help="ประวัติของเคส: ใคร เปลี่ยนอะไร เมื่อไร")
def history(
    case: Annotated[str, typer.Argument(help="รหัสเคส")], where: Where = None, as_json: AsJson = False
) -> int:
    office = _open(where)
    events = office.ports.rows.history("cases", case)
    if not events:
        complaints.print(office.messages.text("error", "case_unknown", case=case), markup=False)
        return 2
    say = office.messages
    headers = {column.key: column.header for column in office.table("cases").columns}
    lines = [
        {
            "at": past.at.isoformat(),
            "actor": past.event.actor,
            "why": past.event.why,
            "column": headers.get(past.event.column, past.event.column),
            "old": as_text(past.event.old),
            "new": as_text(past.event.new),
        }
        for past in events
    ]
    if as_json:
        console.print_json(data={"case": case, "events": lines})
        return 0
    console.print(say.text("say", "history_title", case=case), markup=False)
    for past, line in zip(events, lines, strict=True):
        local = bootstrap.local_time(past.at)
        who, what = say.text("actor", line["actor"].partition(":")[0]), say.text("history", line["why"])
        change = f" — {line['column']}: “{line['old']}” → “{line['new']}”" if line["column"] else ""
        console.print(f"{buddhist(local)} {local:%H:%M}  {who}: {what}{change}", markup=False)
    return 0


@app.command(help="กู้คืนเคสที่ถูกลบ หรือสร้างไฟล์ชีตใหม่จากระบบ")
def restore(
    case: Annotated[str | None, typer.Argument(help="รหัสเคส")] = None,
    workbook: Annotated[str | None, typer.Option(help="cases หรือ access")] = None,
    where: Where = None,
) -> int:
    if (case is None) == (workbook is None) or workbook not in (None, "cases", "access"):
        raise typer.BadParameter("ระบุรหัสเคส หรือ --workbook cases หรือ --workbook access อย่างใดอย่างหนึ่ง")
    office = _open(where)
    with office.lease():
        if case is not None:
            office.restore.case(case)
            console.print(office.messages.text("say", "restored_case", case=case), markup=False)
            return 0
        file, old, count = bootstrap.rebuild_workbook(office, "access" if workbook == "access" else "cases")
    facts = {"file": file, "old": old, "count": count}
    console.print(office.messages.text("say", "restored_book", **facts), markup=False)
    return 0


@app.command(help="สำรองบัญชีข้อมูล")
def backup(where: Where = None) -> int:
    office = _open(where)
    target = bootstrap.recorded(office, "backup", office.back_up)
    console.print(office.messages.text("say", "backed_up", file=target), markup=False)
    return 0


@app.command(help="สร้างโฟลเดอร์ตัวอย่างและเล่นหนึ่งวันของสำนักงานด้วยบุคคลสมมติ")
def demo(
    folder: Annotated[Path, typer.Argument(help="โฟลเดอร์ตัวอย่าง")] = Path("demo-workspace"),
    serve: Annotated[bool, typer.Option("--serve", help="แล้วเปิดเว็บพอร์ทัลของโฟลเดอร์ตัวอย่าง")] = False,
    port: Annotated[int, typer.Option(help="พอร์ตของเว็บ", min=1, max=65535)] = cli_serve.PORT,
) -> int:
    if serve:  # first: what is played would end the demo that is open there
        cli_serve.check_port(port)
    code = play(folder, console, f"http://{cli_serve.HOST}:{port}" if serve else "")
    if code or not serve:
        return code
    return _serve_demo(_open(folder), port)

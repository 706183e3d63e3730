"""The command `connect google`: sets up what the province keeps on Google, and says what is still to be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.application.connect import ConnectLine, Level
from bridge.bootstrap import Office
from bridge.messages import Messages

SIGNS = {Level.DONE: "+", Level.ALREADY: "=", Level.TODO: ">", Level.PROBLEM: "!"}


def register(app: typer.Typer, open_office: Callable[[Path | None], Office], console: Console) -> None:
    """Adds the command to the command line."""
    group = typer.Typer(no_args_is_help=True, add_completion=False)
    app.add_typer(group, name="connect", help="เชื่อมต่อกับบริการภายนอก")

    @group.callback()
    def connect() -> None:
        """Keeps `google` a word of its own while it is the only one."""

    @group.command("google", help="เชื่อมต่อ Google: ตรวจสิทธิ์ สร้างหรือรับช่วงสเปรดชีต จับคู่คำถามของแบบฟอร์ม")
    def google(
        where: Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน")] = None,
        client: Annotated[
            Path | None,
            typer.Option(
                "--sign-in", metavar="CLIENT_SECRET.json", help="เข้าสู่ระบบด้วยบัญชีของบุคคล แทนกุญแจบัญชีบริการ"
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="ผลลัพธ์เป็น JSON")] = False,
    ) -> int:
        office = open_office(where)
        if client is not None:
            office.google.sign_in(client)
        with office.lease():
            lines = office.google.connect().run()
        return _show(lines, office.messages, console, as_json)


def _show(lines: list[ConnectLine], messages: Messages, console: Console, as_json: bool) -> int:
    worst = next((line.exit_code for line in lines if line.exit_code), 0)
    said = [(line, messages.text(line.section, line.code, **line.facts)) for line in lines]
    if as_json:
        listed = [{"level": line.level, "code": line.code, "message": text} for line, text in said]
        console.print_json(data={"exit_code": worst, "lines": listed})
        return worst
    for line, text in said:
        if line.level is not Level.TODO:
            console.print(f"{SIGNS[line.level]} {text}", markup=False)
    console.print(messages.text("say", "connect_todo"), markup=False)
    for line, text in said:
        if line.level is Level.TODO:
            console.print(f"{SIGNS[line.level]} {text}", markup=False)
    return worst

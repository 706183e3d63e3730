"""The commands `serve`: the portal, and beside it the office's schedule; and `demo`, which may open it at its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge.bootstrap import Office
from bridge.demo import play
from bridge.portal import server

HOST, PORT = "127.0.0.1", 8000
Hours = Callable[[Office, threading.Event], None]
Tell = Callable[[server.Trouble], object]


def register(
    app: typer.Typer,
    open_office: Callable[[Path | None], Office],
    keep_hours: Hours,
    console: Console,
    tell: Tell,
) -> None:
    """Adds the commands to the command line. `keep_hours` does the schedule until the event is set; `tell` says why a
    changed province file is not taken up."""

    @app.command(help="เปิดเว็บพอร์ทัล พร้อมทำงานตามเวลา จนกว่าจะสั่งหยุด")
    def serve(
        where: Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน")] = None,
        portal_only: Annotated[
            bool, typer.Option("--portal-only", help="เฉพาะเว็บ ส่วนงานตามเวลาใช้คำสั่ง run แยกต่างหาก")
        ] = False,
        host: Annotated[str, typer.Option(help="ที่อยู่ที่รับการเชื่อมต่อ")] = HOST,
        port: Annotated[int, typer.Option(help="พอร์ต", min=0, max=65535)] = PORT,
    ) -> int:
        office = open_office(where)
        return run(office, host, port, console, tell, None if portal_only else keep_hours)

    @app.command(help="สร้างโฟลเดอร์ตัวอย่างและเล่นหนึ่งวันของสำนักงานด้วยบุคคลสมมติ")
    def demo(
        folder: Annotated[Path, typer.Argument(help="โฟลเดอร์ตัวอย่าง")] = Path("demo-workspace"),
        serve: Annotated[bool, typer.Option("--serve", help="แล้วเปิดเว็บพอร์ทัลของโฟลเดอร์ตัวอย่าง")] = False,
        port: Annotated[int, typer.Option(help="พอร์ตของเว็บ", min=1, max=65535)] = PORT,
    ) -> int:
        if serve:  # first: what is played would end the demo that is open there
            server.check_port(HOST, port)
        code = play(folder, console, f"http://{HOST}:{port}" if serve else "")
        if code or not serve:
            return code
        office = open_office(folder)
        _show_sign_ins(office, console)
        return run(office, HOST, port, console, tell, keep_hours)


def run(
    office: Office, host: str, port: int, console: Console, tell: Tell, keep_hours: Hours | None = None
) -> int:
    """Serves until the process is told to stop (Ctrl+C, SIGTERM)."""
    stop = threading.Event()
    with server.Server(office, host, port, tell):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        facts = {"address": office.province.portal.base_url, "host": host, "port": port}
        console.print(office.messages.text("say", "serving", **facts), markup=False)
        if keep_hours is not None:
            keep_hours(office, stop)
        while not stop.wait(1):  # Windows hears Ctrl+C only between two waits
            pass
    console.print(office.messages.text("say", "stopped"), markup=False)
    return 0


def _show_sign_ins(office: Office, console: Console) -> None:
    """Prints what opens the demo's portal as each role."""
    from bridge.portal import trial  # noqa: PLC0415  # needs Django set up

    say, roles = office.messages, office.province.access.roles
    console.print(say.text("say", "sign_ins"), markup=False)
    for found in trial.sign_ins(office):
        facts = {
            "role": getattr(roles, found.role),
            "email": found.email,
            "password": found.password,
            "codes": " ".join(found.codes),
            "key": found.key,
        }
        console.print(say.text("say", "sign_in", **facts), markup=False)

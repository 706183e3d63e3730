"""The command `refit`: the weights of matching, from the province's own decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bridge import bootstrap
from bridge.bootstrap import Office


def register(app: typer.Typer, open_office: Callable[[Path | None], Office], console: Console) -> None:
    """Adds the command to the command line."""

    @app.command(help="คำนวณน้ำหนักการจับคู่บุคคลใหม่จากคำตัดสินของสำนักงาน")
    def refit(
        where: Annotated[Path | None, typer.Option("-w", "--workspace", help="โฟลเดอร์งาน")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="ซ้อม: คำนวณอย่างเดียว ไม่เขียนไฟล์")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="ผลลัพธ์เป็น JSON สำหรับโปรแกรมอื่น")] = False,
    ) -> int:
        office = open_office(where)
        with office.lease():
            figures = bootstrap.refit(office, write=not dry_run)
        file = office.workspace.weights
        if as_json:
            console.print_json(data={**figures, "file": "" if dry_run else str(file)})
            return 0
        code = "refit_rehearsed" if dry_run else "refit_done"
        shown = {
            name: f"{100 * value:.0f}%" if "agreed" in name else value for name, value in figures.items()
        }
        console.print(office.messages.text("say", code, file=file.name, **shown), markup=False)
        return 0

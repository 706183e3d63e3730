"""`python run.py demo`: one day of a sample province, played on invented people."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from bridge import bootstrap
from bridge.demo.day import Day, Stopped
from bridge.demo.room import make_room, refusal
from bridge.messages import Messages
from bridge.workspace import Workspace

__all__ = ["play"]

USAGE, BUSY = 2, 5  # exit codes


def play(folder: Path, console: Console, base_url: str = "") -> int:
    """Makes `folder` a workspace and plays the day in it, saying each step; its mails link to `base_url`. Returns
    the exit code: 2 where the folder holds something that is not an earlier play's, 5 where a file of that play
    is open elsewhere, else that of the first round with trouble. Raises what the bridge raises."""
    say = bootstrap.load_messages()
    reason = refusal(folder)
    if reason:
        console.print(say.text("demo", reason, folder=folder), markup=False)
        return USAGE
    bootstrap.close()  # an earlier play's ledger, where this process has it open
    try:
        make_room(folder, base_url)
    except OSError as error:
        console.print(say.text("demo", "in_use", file=error.filename or folder), markup=False)
        return BUSY
    console.print(say.text("demo", "title"), style="bold")
    try:
        day = _play_steps(folder, console, say)
    except Stopped as stopped:
        return stopped.exit_code
    _show_figures(day, console, say)
    _show_paths(Workspace(folder.resolve()), console, say)
    return 0


def _play_steps(folder: Path, console: Console, say: Messages) -> Day:
    with console.status(say.text("demo", "step_init")):
        bootstrap.create(folder)
        day = Day(bootstrap.open_office(folder), console)
    _tick(console, say.text("demo", "step_init"))
    for code, work in day.steps():
        step = say.text("demo", code)
        with console.status(step):
            facts = work()
        _tick(console, step, say.text("demo", f"{code}_done", **facts))
    return day


def _tick(console: Console, step: str, result: str = "") -> None:
    console.print(f"[green]✓[/green] {step}", end=" — " if result else "\n")
    if result:
        console.print(result, markup=False, style="dim")


def _show_figures(day: Day, console: Console, say: Messages) -> None:
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for code, number in day.figures().items():
        table.add_row(say.text("demo", code), f"{number:,}")
    console.print(table)


def _show_paths(workspace: Workspace, console: Console, say: Messages) -> None:
    console.print(say.text("demo", "done"), markup=False)
    for path in (workspace.access_book, workspace.cases_book, workspace.summary_book, workspace.outbox):
        console.print(f"  {path}", markup=False)

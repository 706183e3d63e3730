"""The office's day by the clock: sync, mail, summaries, publication and backup, until stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import schedule

from bridge.config_parts import SchedulePart

ZONE = "Asia/Bangkok"


@dataclass(frozen=True)
class Jobs:
    """What to do; each catches its own failures, so that one does not end the day."""

    sync: Callable[[], object]
    deliver: Callable[[], object]
    summarise: Callable[[], object]
    publish: Callable[[], object]
    backup: Callable[[], object]


def plan(hours: SchedulePart, jobs: Jobs, scheduler: schedule.Scheduler) -> None:
    """Registers the jobs at the province's hours; publication and backup on the Bangkok clock."""
    scheduler.every(hours.sync_minutes).minutes.do(jobs.sync)
    scheduler.every(hours.deliver_minutes).minutes.do(jobs.deliver)
    scheduler.every(hours.summarise_minutes).minutes.do(jobs.summarise)
    scheduler.every().day.at(hours.publish_at, ZONE).do(jobs.publish)
    scheduler.every().day.at(hours.backup_at, ZONE).do(jobs.backup)


def run(hours: Callable[[], SchedulePart], jobs: Jobs, stop: threading.Event) -> None:
    """Starts with a sync, then keeps the hours, which may change meanwhile, until `stop` is set (or Ctrl+C)."""
    scheduler, planned = schedule.Scheduler(), hours()
    plan(planned, jobs, scheduler)
    jobs.sync()
    while not stop.is_set():
        if hours() != planned:
            planned = hours()
            scheduler.clear()
            plan(planned, jobs, scheduler)
        scheduler.run_pending()
        stop.wait(min(max(scheduler.idle_seconds or 1, 0.2), 30))

from __future__ import annotations

import signal

import bridge  # noqa: F401  # before a test brings Python's own SQLite in

# Run in the background of a shell, all programs that tests start would inherit that Ctrl+C is ignored.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.leaks",)

from __future__ import annotations

import bridge  # noqa: F401  # before a test brings Python's own SQLite in

pytest_plugins = ("tests.leaks",)

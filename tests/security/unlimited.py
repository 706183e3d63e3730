"""`run.py` with the rate limits lifted, so that scanners and clocks reach the code behind them. The counting of
the limits stays: it costs what it costs in an office. The limits themselves are tested in tests/portal."""

from __future__ import annotations

import re
import sys
from typing import Any

from bridge import settings
from bridge.cli import main


def lifted(limits: dict[str, str]) -> dict[str, str]:
    """A thousand a second in the place of each rate; short memories, so that no key grows slower than another."""
    return {action: re.sub(r"\d+/\w+", "1000/s", rates) for action, rates in limits.items()}


if __name__ in ("__main__", "__mp_main__"):  # the portal's own processes have it as the latter
    sign_in: dict[str, Any] = settings._SIGN_IN
    sign_in["ACCOUNT_RATE_LIMITS"] = lifted(sign_in["ACCOUNT_RATE_LIMITS"])

if __name__ == "__main__":
    sys.exit(main())

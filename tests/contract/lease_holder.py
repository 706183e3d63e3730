"""A process that takes the lease of a ledger, says `held`, and lives until it is killed or its input ends."""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from bridge.adapters.ledger.connection import open_ledger


def main() -> None:
    open_ledger(json.loads(sys.argv[1]))
    from bridge.adapters.ledger.journal import DjangoJournal, this_process

    now = datetime.fromisoformat(sys.argv[2])
    if DjangoJournal().acquire("office", this_process(), now, now + timedelta(minutes=30)):
        print("held", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

"""`python -m tests.stand_in.google --port N`: serve until interrupted; the address is printed first."""

from __future__ import annotations

import argparse
import threading

from tests.stand_in.google.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(description="A local stand-in for Google's APIs, for tests.")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument(
        "--quota", action="store_true", help="keep the quotas of 60 reads and 60 writes a minute"
    )
    options = parser.parse_args()
    with serve(options.port) as google:
        google.bucket.enabled = options.quota
        print(google.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()

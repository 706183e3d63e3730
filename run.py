"""python run.py <command>"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said plainly before an import fails
    sys.exit("ต้องใช้ Python 3.11 ขึ้นไป / Python 3.11 or newer is needed")

from bridge.cli import main

if __name__ == "__main__":
    sys.exit(main())

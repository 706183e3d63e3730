"""python run.py <command>"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said plainly before an import fails
    sys.exit("ต้องใช้ Python 3.11 ขึ้นไป / Python 3.11 or newer is needed")

if sys.argv[1:2] == ["match"]:
    from bridge.cli_match import main
else:
    from bridge.cli import main

if __name__ == "__main__":
    sys.exit(main())

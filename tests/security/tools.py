"""The scanners: installed beside the project, since wapiti3 pins older parts than the project's own, and run."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PINNED = Path(__file__).parent / "tools.txt"


@dataclass(frozen=True)
class Said:
    """What a scanner wrote, and whether it came to its own end."""

    text: str
    code: int
    finished: bool


@dataclass(frozen=True)
class Finding:
    """`kind` is the scanner's own name of it, `place` where it is."""

    kind: str
    place: str
    told: str

    def __str__(self) -> str:
        return f"{self.kind} – {self.place} – {self.told}"


@dataclass(frozen=True)
class Result:
    """Of one scanner on one target: what it found, and what it should have looked at and did not."""

    tool: str
    target: str
    findings: list[Finding]
    missing: list[str]
    told: str = ""


@dataclass(frozen=True)
class Tools:
    """An environment with the scanners in it."""

    folder: Path

    @classmethod
    def installed(cls, folder: Path) -> Tools:
        """In `folder`, made when it is not there. Raises CalledProcessError where pip cannot install."""
        made = cls(folder)
        if not made.program("wapiti").exists():
            venv.create(folder, with_pip=True)
            pip = [str(made.program("python")), "-m", "pip", "install", "-q", "-r", str(PINNED)]
            subprocess.run(pip, check=True)
        return made

    def program(self, name: str) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin") / name

    def run(self, name: str, arguments: Sequence[str], cwd: Path, seconds: int) -> Said:
        """Ended after `seconds`; then `finished` is False."""
        command = [str(self.program(name)), *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            said = late.stdout or b""
            return Said(said.decode("utf-8", "replace") if isinstance(said, bytes) else said, -1, False)
        return Said(done.stdout, done.returncode, True)

    def versions(self) -> str:
        """As pinned."""
        lines = PINNED.read_text(encoding="ascii").splitlines()
        return ", ".join(line.replace("==", " ") for line in lines if "==" in line)

from pathlib import Path

from rich.console import Console


def play(folder: Path, console: Console) -> int:
    return 0

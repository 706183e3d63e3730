"""The stand-in against the recorded answers of Google, and the documents against both."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.contract.google_discovery import Discovery, documents_folder
from tests.contract.google_recordings import Difference, Replay, folder
from tests.stand_in.google import serve

RECORDINGS = sorted(folder().glob("*.json")) if folder() else []
KNOWN_TO_DIFFER: dict[tuple[str, int], str] = {}
"""(recording, index) of interactions that cannot be equal, each with its reason. There are none."""


def table(differences: list[Difference]) -> str:
    lines = [
        f"{d.recording} #{d.index} {d.request[:100]}\n    " + "\n    ".join(d.where[:6]) for d in differences
    ]
    return "\n".join(lines)


@pytest.mark.skipif(not RECORDINGS, reason="no folder of recorded answers beside this repository")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recorded_conversation(path: Path) -> None:
    with serve() as google:
        replay = Replay(google, path)
        differences = replay.run()
    assert replay.count > 0
    print(table(differences))
    known = [key for key in KNOWN_TO_DIFFER if key[0] == path.stem]
    assert [(d.recording, d.index) for d in differences] == known, table(differences)


@pytest.mark.skipif(not RECORDINGS, reason="no folder of recorded answers beside this repository")
@pytest.mark.parametrize(
    "change", ["Sheet1!D4", '"updatedCells": 1', '"timeZone": "Etc/GMT"', "PERMISSION_DENIED"]
)
def test_the_comparison_sees_a_changed_answer(change: str, tmp_path: Path) -> None:
    """Each recording with one word of its answers spoilt has to differ."""
    path = next(
        p for p in RECORDINGS if change in json.loads(p.read_text("utf-8"))["interactions"].__repr__()
    )
    recorded = json.loads(path.read_text("utf-8"))
    for one in recorded["interactions"]:
        one["response"]["body"] = (one["response"]["body"] or "").replace(
            change, change[:-2] + "7" + change[-1]
        )
    spoilt = tmp_path / path.name
    spoilt.write_text(json.dumps(recorded), "utf-8")
    with serve() as google:
        assert Replay(google, spoilt).run()


@pytest.mark.skipif(
    not RECORDINGS or not documents_folder(), reason="no recordings, or no discovery documents"
)
def test_the_documents_allow_what_google_answered() -> None:
    """The check of documents is itself checked: real answers pass, one with a strange field does not."""
    discovery = Discovery(documents_folder() or Path())
    wrong, count = [], 0
    for path in RECORDINGS:
        for one in json.loads(path.read_text("utf-8"))["interactions"]:
            target, answer = urlsplit(one["request"]["uri"]), one["response"]["body"] or ""
            if target.path.startswith("/upload") or answer[:1] != "{" or one["response"]["status"] != 200:
                continue
            kept, count = json.loads(answer), count + 1
            wrong += discovery.problems(one["request"]["method"], target.path, [], None, 200, kept)
            strange = discovery.problems(
                one["request"]["method"], target.path, [], None, 200, {**kept, "odd": 1}
            )
            assert strange, target.path
    assert (wrong, count > 500) == ([], True)

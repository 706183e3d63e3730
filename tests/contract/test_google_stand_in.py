"""The stand-in against the recorded answers of Google, and the documents against both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.google_discovery import Discovery, documents_folder, undocumented
from tests.contract.google_recordings import Difference, Replay, folder
from tests.stand_in.google import serve

RECORDINGS = sorted(folder().glob("*.json")) if folder() else []
KNOWN_TO_DIFFER: dict[tuple[str, int], str] = {}
"""(recording, index) of interactions that cannot be equal, each with its reason. There are none."""

NOT_IN_DOCUMENTS = ("parameter withLink", "parameter includeItemsFromAllDrives", "/upload/drive/v2/")
"""What the recorded client sent although none of the documents has it; Google answered all the same."""


def documented(wrong: list[str]) -> list[str]:
    return [text for text in wrong if not any(own in text for own in NOT_IN_DOCUMENTS)]


def table(differences: list[Difference]) -> str:
    lines = [
        f"{d.recording} #{d.index} {d.request[:100]}\n    " + "\n    ".join(d.where[:6]) for d in differences
    ]
    return "\n".join(lines)


@pytest.mark.skipif(not RECORDINGS, reason="no folder of recorded answers beside this repository")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recorded_conversation(path: Path) -> None:
    with serve() as google:
        google.keep_answers = True
        replay = Replay(google, path)
        differences = replay.run()
    assert replay.count > 0
    assert documented(undocumented(google)) == []
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


def test_the_documents_are_there() -> None:
    """Without them, every check against them passes unseen."""
    assert documents_folder() is not None, "google-api-python-client is a requirement of the tests"


@pytest.mark.skipif(not RECORDINGS, reason="no folder of recorded answers beside this repository")
def test_the_documents_allow_what_google_answered() -> None:
    """The check of documents is itself checked: real exchanges pass, one with a strange field does not."""
    discovery = Discovery(documents_folder() or Path())
    wrong, count = [], 0
    for path in RECORDINGS:
        for one in json.loads(path.read_text("utf-8"))["interactions"]:
            request, answer = one["request"], one["response"]["body"] or ""
            target, verb = urlsplit(request["uri"]), request["method"]
            if target.path.startswith("/upload") or answer[:1] != "{" or one["response"]["status"] != 200:
                continue
            query, body = (
                parse_qs(target.query, keep_blank_values=True),
                json.loads(request["body"] or "null"),
            )
            kept, count = json.loads(answer), count + 1
            wrong += documented(discovery.problems(verb, target.path, query, body, 200, kept))
            assert discovery.problems(verb, target.path, query, body, 200, {**kept, "odd": 1}), target.path
    assert (wrong, count > 500) == ([], True)


BOOK = "/v4/spreadsheets/book"
CELLS = {"range": {"sheetId": 0}, "cell": {"note": "n"}, "fields": "note"}
FORM = "/v1/forms/form/responses"


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "answer", "said"),
    [
        ("GET", "/v4/sheets/book", {}, None, {}, "no method"),
        ("GET", BOOK, {"field": ["sheets"]}, None, {}, "unknown parameter field"),
        ("GET", BOOK, {"includeGridData": ["yes"]}, None, {}, "boolean expected, 'yes'"),
        ("GET", BOOK, {"includeGridData": ["true", "true"]}, None, {}, "given 2 times"),
        ("GET", BOOK, {"fields": ["sheets(properties.sheetID)"]}, None, {}, "no field sheetID"),
        ("GET", BOOK, {"fields": ["sheets(properties"]}, None, {}, "is no mask"),
        ("GET", f"{BOOK}/values/A1", {"valueRenderOption": ["RAW"]}, None, {}, "'RAW' is not one of"),
        ("GET", f"{BOOK}/values/A1", {}, {"a": 1}, {}, "takes no body"),
        ("PUT", f"{BOOK}/values/A1", {}, "a,b", {}, "object expected, 'a,b'"),
        ("PUT", f"{BOOK}/values/A1", {}, {"values": {"a": 1}}, {}, "array expected"),
        ("POST", f"{BOOK}:batchUpdate", {}, {"requests": [{"sortRows": {}}]}, {}, "sortRows: no such field"),
        (
            "POST",
            f"{BOOK}:batchUpdate",
            {},
            {"requests": [{"repeatCell": {**CELLS, "fields": "values.note"}}]},
            {},
            "no field values",
        ),
        (
            "POST",
            f"{BOOK}:batchUpdate",
            {},
            {"requests": [{"repeatCell": {**CELLS, "range": {"sheetId": 2**31}}}]},
            {},
            "int32 expected",
        ),
        ("GET", "/drive/v3/files/file/export", {}, None, None, "parameter mimeType is missing"),
        ("GET", "/drive/v3/files/file", {}, None, {"version": 7}, "int64 expected, 7"),
        ("GET", "/drive/v3/files/file", {}, None, {"modifiedTime": "2026-03-02"}, "date-time expected"),
        ("DELETE", "/drive/v3/files/file", {}, None, {"id": "file"}, "answers nothing"),
        ("GET", FORM, {"pageSize": ["many"]}, None, {}, "integer expected"),
        (
            "GET",
            FORM,
            {},
            None,
            {"responses": [{"createTime": "2026-03-02 09:00"}]},
            "google-datetime expected",
        ),
        ("POST", "/gmail/v1/users/me/messages/send", {}, {"raw": "not base64!"}, {}, "byte expected"),
    ],
)
def test_the_check_sees(
    verb: str, path: str, query: dict[str, list[str]], body: Any, answer: Any, said: str
) -> None:
    """One thing wrong in each exchange, and it is found."""
    wrong = Discovery(documents_folder() or Path()).problems(verb, path, query, body, 200, answer)
    assert len(wrong) == 1 and said in wrong[0], wrong

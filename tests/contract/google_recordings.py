"""Replaying recorded conversations with Google against a server: same requests in order, answers compared.

What cannot be the same from one run to the next is mapped at first sight (ids) or compared by its shape (times,
tags, Google's own counters); everything else has to be equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from tests.stand_in.google import Google

ID_KEYS = {
    "id",
    "spreadsheetId",
    "sheetId",
    "namedRangeId",
    "protectedRangeId",
    "filterViewId",
    "bandedRangeId",
    "chartId",
    "metadataId",
    "permissionId",
}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
BY_SHAPE = {
    "etag": "a tag that Google makes",
    "thumbnailLink": "carries a signature that Google makes",
    "embedLink": "carries the number of the calling account",
    "version": "counts events inside Google too",
}
"""Keys whose values are compared by their type only, each with its reason (all in the answer to one upload)."""


def folder() -> Path | None:
    """The recordings, in a folder beside the repository or beside one of its parents."""
    for parent in Path(__file__).resolve().parents:
        found = parent / "shared" / "data" / "google-recorded"
        if found.is_dir():
            return found
    return None


@dataclass
class Difference:
    """One interaction whose answer is not the recorded one: index, request, and where they part."""

    recording: str
    index: int
    request: str
    where: list[str]


@dataclass
class Replay:
    """One conversation, its ids mapped from the recorded ones to the server's."""

    google: Google
    path: Path
    ids: dict[Any, Any] = field(default_factory=dict)
    seeded: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    count: int = 0

    def run(self) -> list[Difference]:
        """Replay everything: the interactions that differ."""
        interactions = json.loads(self.path.read_text("utf-8"))["interactions"]
        created: set[str] = set()
        with requests.Session() as session:
            for index, one in enumerate(interactions):
                self._world(one, created)
                where = self._one(session, one["request"], one["response"])
                self.count += 1
                if where:
                    line = f"{one['request']['method']} {unquote(one['request']['uri'])}"
                    self.differences.append(Difference(self.path.stem, index, line, where))
                created |= _made(one)
        return self.differences

    # The world around the conversation

    def _world(self, one: dict[str, Any], created: set[str]) -> None:
        """Files of earlier conversations, as far as an answer shows that they were there."""
        answer, state = _json(one["response"]["body"]), self.google.state
        if not isinstance(answer, dict):
            return
        path = urlsplit(one["request"]["uri"]).path
        if (
            answer.get("kind") == "drive#fileList"
            and "name" not in unquote(one["request"]["uri"]).split("&")[0]
        ):
            listed = {entry["id"]: entry for entry in answer["files"]}
            for file_id in self.seeded - set(listed):
                state.files.pop(file_id, None)
                state.books.pop(file_id, None)
            self.seeded &= set(listed)
            for file_id, entry in listed.items():
                if file_id not in created and file_id not in self.seeded:
                    self._seed(entry)
        if one["response"]["status"] == 403 and path.startswith("/v4/spreadsheets/"):
            state.add_private(path.split("/")[3])

    def _seed(self, entry: dict[str, Any]) -> None:
        made = self.google.state.add_file(entry["name"], file_id=entry["id"])
        made.created = datetime.fromisoformat(entry["createdTime"])
        made.modified = datetime.fromisoformat(entry["modifiedTime"])
        self.seeded.add(made.id)

    # One interaction

    def _one(self, session: requests.Session, request: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
        parts = urlsplit(self.mapped(request["uri"]))
        url = f"{self.google.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        body = self.mapped(request["body"]).encode() if request["body"] else None
        headers = {"Content-Type": "application/json"} if body else {}
        got = session.request(request["method"], url, data=body, headers=headers, timeout=30)
        where = []
        if got.status_code != recorded["status"]:
            where.append(f"status: {recorded['status']} was recorded, {got.status_code} came")
        kind = (recorded.get("content_type") or "").split(";")[0]
        if kind and got.headers.get("Content-Type", "").split(";")[0] != kind:
            where.append(f"content type: {kind} was recorded, {got.headers.get('Content-Type')} came")
        old, new = _json(recorded["body"]), _json(got.text)
        self._bind(old, new)
        return where + list(self._compare(old, new, "body"))

    def mapped(self, text: str) -> str:
        """A recorded text with the server's ids in it."""
        for old, new in self.ids.items():
            old_text = str(old)
            if old_text in text:
                text = re.sub(rf"(?<![\w-]){re.escape(old_text)}(?![\w-])", str(new), text)
        return text

    def _bind(self, old: Any, new: Any, key: str = "") -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            for name in old.keys() & new.keys():
                self._bind(old[name], new[name], name)
        elif isinstance(old, list) and isinstance(new, list):
            for a, b in zip(old, new, strict=False):
                self._bind(a, b, key)
        elif key in ID_KEYS and old != new and type(old) is type(new) and len(str(old)) > 4:
            self.ids.setdefault(old, new)

    def _compare(self, old: Any, new: Any, where: str, key: str = "") -> Iterator[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            for name in old.keys() - new.keys():
                yield f"{where}.{name} is missing, {_short(old[name])} was recorded"
            for name in new.keys() - old.keys():
                yield f"{where}.{name} is too much: {_short(new[name])}"
            for name in old.keys() & new.keys():
                yield from self._compare(old[name], new[name], f"{where}.{name}", name)
        elif isinstance(old, list) and isinstance(new, list):
            if len(old) != len(new):
                yield f"{where}: {len(old)} items were recorded, {len(new)} came"
            for at, (a, b) in enumerate(zip(old, new, strict=False)):
                yield from self._compare(a, b, f"{where}[{at}]", key)
        elif not self._same(old, new, key):
            yield f"{where}: {_short(old)} was recorded, {_short(new)} came"

    def _same(self, old: Any, new: Any, key: str) -> bool:
        if type(old) is not type(new) and not (isinstance(old, int | float) and isinstance(new, int | float)):
            return False
        if key in ID_KEYS and old in self.ids:
            return bool(self.ids[old] == new)
        if key in BY_SHAPE or not isinstance(old, str):
            return key in BY_SHAPE or bool(old == new)
        if TIME.match(old) and TIME.match(new) and not old.startswith("1970"):
            return len(old) == len(new)
        return self.mapped(old) == new


def _made(one: dict[str, Any]) -> set[str]:
    answer = _json(one["response"]["body"])
    made = one["request"]["method"] == "POST" and "/drive/v3/files" in one["request"]["uri"]
    return {answer["id"]} if made and isinstance(answer, dict) and "id" in answer else set()


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return text or ""


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 120 else text[:117] + "..."

"""What leaves the portal about persons: all that is kept about one (PDPA s. 30), and who saw what since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.application.ports.attachments import AttachmentStore
from bridge.application.ports.journal import Journal
from bridge.application.ports.people import People
from bridge.application.ports.read_log import Reading, ReadLog, Sought
from bridge.application.ports.records import Records
from bridge.application.ports.register import Register
from bridge.application.ports.rows import Event, RowStore
from bridge.application.ports.wording import Wording
from bridge.domain.attachments import file_name
from bridge.domain.cells import Cell
from bridge.domain.values import national_id

BANGKOK = timedelta(hours=7)
MOST_READINGS = 200_000  # rows of a pack; a worksheet ends at 1,048,576


@dataclass(frozen=True)
class Sheet:
    """A table to hand out, in words."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class HandOut:
    """`headers` are the words for the columns of a case, `register_headers` for those of the register."""

    def __init__(
        self,
        records: Records,
        rows: RowStore,
        attachments: AttachmentStore,
        read_log: ReadLog,
        people: People,
        register: Register,
        journal: Journal,
        headers: Mapping[str, str],
        register_headers: Mapping[str, str],
        wording: Wording,
    ) -> None:
        self._records, self._rows, self._attachments, self._read_log = records, rows, attachments, read_log
        self._people, self._register, self._journal = people, register, journal
        self._headers, self._register_headers, self._wording = headers, register_headers, wording

    def cases_of(self, sought: str) -> list[str]:
        """The cases of a person, by a case's number or by the 13-digit id; [] where there is none."""
        text = sought.strip()
        reading = national_id.parse(text)
        if reading.value is None or reading.problem is not None:
            return sorted(self._rows.load("cases", [text]))
        digits = reading.value
        dashed = "-".join((digits[0], digits[1:5], digits[5:10], digits[10:12], digits[12]))
        return sorted({*self._records.holding(digits), *self._records.holding(dashed)})

    def person(self, cases: Sequence[str], actor: str) -> list[Sheet]:
        """Everything that the ledger keeps about these cases; that it was handed out is in their history."""
        states = self._rows.load("cases", cases)
        with self._journal.transaction():
            self._rows.save("cases", [], [Event("cases", key, "exported", actor) for key in states])
        shown = self._records.published_at(list(states))
        columns = [column for column in self._headers if column != "case_id"]
        values: list[list[Cell]] = [
            [key, *(state.values.get(column) for column in columns), _local(shown.get(key))]
            for key, state in states.items()
        ]
        return [
            Sheet(
                self._word("cases"),
                [
                    self._word("case"),
                    *(self._headers[column] for column in columns),
                    self._word("published_at"),
                ],
                values,
            ),
            self._answers(list(states)),
            self._files(list(states)),
            self._history(list(states)),
            self._sheet("seen", ("at", "who", "page", "why"), self._seen(list(states))),
        ]

    def breach_pack(self, sought: Sought, actor: str) -> list[Sheet]:
        """What is told of a breach within 72 hours (PDPA s. 37(4)): how many persons and records, by kind of data
        and by page, and who saw what, the newest first. That it was taken is in the history."""
        found, total = self._read_log.find(sought, 0, MOST_READINGS)
        self._rows.save("accounts", [], [Event("accounts", sought.account or "-", "pack", actor)])
        let_in = [reading for reading in found if not reading.refused]
        seen = list(dict.fromkeys(key for reading in let_in for key in reading.keys))
        cases = {key: state.values for key, state in self._rows.load("cases", seen).items()}
        entries = (self._register.entry(key) for key in seen if key not in cases)
        registered = {entry.number: entry.values for entry in entries if entry is not None}
        counts = [
            ("since", _local(sought.since) or self._word("beginning")),
            ("until", _local(sought.until) or self._word("today")),
            ("looks", total),
            ("refused_looks", sum(reading.refused for reading in found)),
            ("accounts", len({reading.account for reading in let_in})),
            ("persons", len({_person(key, values) for key, values in cases.items()})),
            ("seen_cases", len(cases)),
            ("seen_register", len(registered)),
        ]
        return [
            self._sheet("overall", ("item", "count"), [[self._word(code), value] for code, value in counts]),
            self._sheet(
                "kinds",
                ("record", "kind", "count"),
                [
                    *self._kinds("cases", self._headers, cases.values()),
                    *self._kinds("register", self._register_headers, registered.values()),
                ],
            ),
            self._sheet("pages", ("page", "looks", "records"), self._by_page(let_in)),
            self._readings(found),
        ]

    def _kinds(
        self, name: str, headers: Mapping[str, str], records: Iterable[Mapping[str, Cell]]
    ) -> list[list[Cell]]:
        """Of how many of the records each column was there to be seen."""
        counted = Counter(column for values in records for column in values if values[column] is not None)
        return [[self._word(name), headers[c], counted[c]] for c in headers if counted[c]]

    def _by_page(self, readings: Iterable[Reading]) -> list[list[Cell]]:
        looks: Counter[str] = Counter()
        keys: dict[str, set[str]] = {}
        for reading in readings:
            looks[reading.what] += 1
            keys.setdefault(reading.what, set()).update(reading.keys)
        return [[self._page(what), count, len(keys[what])] for what, count in looks.most_common()]

    def _readings(self, found: Sequence[Reading]) -> Sheet:
        names = self._people.readers({reading.account for reading in found})
        rows: list[list[Cell]] = [
            [
                _local(reading.at),
                names.get(reading.account, ""),
                self._page(reading.what),
                ", ".join(reading.keys),
                reading.why,
                self._word("refused") if reading.refused else None,
            ]
            for reading in found
        ]
        return self._sheet("readings", ("at", "who", "page", "keys", "why", "let_in"), rows)

    def _answers(self, cases: Sequence[str]) -> Sheet:
        rows: list[list[Cell]] = [
            [answer.case, _local(answer.at), answer.file, self._headers.get(column, column), value]
            for answer in self._records.answers(cases)
            for column, value in answer.answers.items()
        ]
        return self._sheet("answers", ("case", "at", "file", "question", "answer"), rows)

    def _files(self, cases: Sequence[str]) -> Sheet:
        rows: list[list[Cell]] = [
            [
                found.case,
                file_name(found.case, found.number, found.file.kind),
                found.file.shown,
                found.file.size,
                _local(found.at),
            ]
            for found in self._attachments.of(cases)
        ]
        return self._sheet("attachments", ("case", "file", "file_shown", "file_size", "at"), rows)

    def _history(self, cases: Sequence[str]) -> Sheet:
        rows: list[list[Cell]] = [
            [
                key,
                _local(past.at),
                self._wording.text("history", past.event.why),
                self._wording.text("actor", past.event.actor.partition(":")[0]),
                self._headers.get(past.event.column, past.event.column),
                past.event.old,
                past.event.new,
            ]
            for key in cases
            for past in self._rows.history("cases", key)
        ]
        return self._sheet("history", ("case", "at", "event", "by", "column", "old", "new"), rows)

    def _seen(self, cases: Sequence[str]) -> list[list[Cell]]:
        found = [r for key in cases for r in self._read_log.find(Sought(key=key), 0, MOST_READINGS)[0]]
        names = self._people.readers({reading.account for reading in found})
        return [
            [_local(r.at), names.get(r.account, ""), self._page(r.what), r.why]
            for r in found
            if not r.refused
        ]

    def _page(self, name: str) -> str:
        return self._wording.text("page", name)

    def _word(self, code: str) -> str:
        return self._wording.text("export", code)

    def _sheet(self, name: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Sheet:
        return Sheet(self._word(name), [self._word(header) for header in headers], rows)


def _person(case: str, values: Mapping[str, Cell]) -> str:
    """Two cases with one valid id are one person's."""
    reading = national_id.parse(values.get("national_id"))
    return case if reading.value is None or reading.problem is not None else reading.value


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else (moment + BANGKOK).replace(tzinfo=None, microsecond=0)

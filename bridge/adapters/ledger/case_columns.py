"""What cases add to the summaries, on Django's ORM: blocks of numbers, and the words that they stand for."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable

import numpy as np
from django.db import transaction

from bridge.adapters.ledger import bulk
from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.figure_models import CaseBlock, UncountedCase
from bridge.adapters.ledger.journal import DjangoJournal
from bridge.adapters.ledger.models import Case, Setting, SheetRow
from bridge.domain.case_columns import FIELDS, CaseColumns

TABLE = "cases"
BLOCK = 1024  # cases; those of one day share one or two blocks
VERSION, WORDS, RULES = "case_columns_version", "case_columns_words", "case_columns_rules"
_JOURNAL = DjangoJournal()
_STORED = np.dtype("<u4")


class DjangoCaseColumns:
    """Implements ports.case_columns.CaseColumnStore."""

    def written(self, rules: str) -> None:
        with transaction.atomic():
            if _JOURNAL.setting(RULES) == rules:
                return
            _JOURNAL.set_setting(RULES, rules)
            cases = list(SheetRow.objects.filter(table=TABLE).order_by("key").values_list("key", flat=True))
            for chunk in chunks(cases):
                to_be_counted(chunk)

    def load(self, known: str, columns: CaseColumns) -> tuple[str, CaseColumns]:
        Setting.objects.get_or_create(name=VERSION, defaults={"value": secrets.token_hex(8)})
        version = Setting.objects.select_for_update().get(name=VERSION).value
        if version == known:
            return version, columns
        blocks = list(CaseBlock.objects.order_by("number").values_list("number", "codes"))
        codes = np.zeros((len(FIELDS), (blocks[-1][0] + 1 if blocks else 0) * BLOCK), np.uint32)
        for number, stored in blocks:
            block = np.frombuffer(stored, _STORED).reshape(len(FIELDS), BLOCK)
            codes[:, number * BLOCK : (number + 1) * BLOCK] = block
        return version, CaseColumns(json.loads(_JOURNAL.setting(WORDS) or "{}"), codes)

    def uncounted(self, most: int) -> list[tuple[int, str]]:
        return list(UncountedCase.objects.order_by("case", "id").values_list("id", "case")[:most])

    def places(self, cases: Collection[str]) -> dict[str, int]:
        found = dict[str, int]()
        for chunk in chunks(cases):
            found.update(Case.objects.filter(key__in=chunk).values_list("key", "id"))
        return found

    def save(self, columns: CaseColumns, places: Iterable[int]) -> str:
        blocks = []
        for number in sorted({place // BLOCK for place in places}):
            held = columns.codes[:, number * BLOCK : (number + 1) * BLOCK]
            block = np.zeros((len(FIELDS), BLOCK), _STORED)
            block[:, : held.shape[1]] = held
            blocks.append(CaseBlock(number=number, codes=block.tobytes()))
        CaseBlock.objects.bulk_create(
            blocks,
            batch_size=CHUNK // 5,
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["codes"],
        )
        _JOURNAL.set_setting(WORDS, json.dumps(columns.words_record(), separators=(",", ":")))
        version = secrets.token_hex(8)  # of a save that is undone nobody has the number
        _JOURNAL.set_setting(VERSION, version)
        return version

    def settle(self, tickets: Iterable[int]) -> None:
        for chunk in chunks(tickets):
            UncountedCase.objects.filter(id__in=chunk).delete()


def to_be_counted(cases: Iterable[str]) -> None:
    """Inside the transaction that writes the cases' rows."""
    bulk.create(UncountedCase(case=case) for case in cases)

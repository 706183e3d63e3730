"""The list of imports of the register, on Django's ORM."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from bridge.adapters.ledger import bulk, register_people
from bridge.adapters.ledger.models import RegisterImport, RegisterPast, RegisterPerson
from bridge.application.ports.register_imports import Import, State, Tally

LONGEST_FILE = 200


class DjangoRegisterImports:
    """Implements ports.register_imports.RegisterImports."""

    def all(self) -> list[Import]:
        return [_import(row) for row in RegisterImport.objects.order_by("-id")]

    def begin(self, file: str, digest: str, empty_clears: bool, now: datetime) -> Import:
        row = RegisterImport.objects.create(
            at=now,
            file=file[:LONGEST_FILE],
            digest=digest,
            empty_clears=empty_clears,
            state=State.RUNNING,
            first_person=bulk.last_id(RegisterPerson) + 1,
        )
        return _import(row)

    def save(self, one: Import) -> None:
        RegisterImport.objects.filter(pk=int(one.version)).update(
            state=one.state, done_row=one.done_row, **asdict(one.tally)
        )

    def drop(self, version: str) -> None:
        RegisterImport.objects.filter(pk=int(version)).delete()

    def undo(self, version: str, most: int) -> int:
        first = RegisterImport.objects.get(pk=int(version)).first_person
        return register_people.restore(version, first, most)

    def forget_past(self, keep: int) -> None:
        kept = [
            str(key) for key in RegisterImport.objects.order_by("-id").values_list("id", flat=True)[:keep]
        ]
        RegisterPast.objects.exclude(version__in=kept).delete()
        RegisterImport.objects.exclude(pk__in=kept).update(first_person=0)

    def version_of(self, number: str) -> str | None:
        rows = RegisterPerson.objects.filter(number=number) if "\0" not in number else []
        return next((row.version for row in rows), None)

    def undoable(self, version: str) -> bool:
        return RegisterImport.objects.filter(pk=int(version), first_person__gt=0).exists()


def _import(row: RegisterImport) -> Import:
    tally = Tally(row.new, row.changed, row.same, row.refused, row.erased)
    return Import(
        version=str(row.pk),
        at=row.at,
        file=row.file,
        digest=row.digest,
        empty_clears=row.empty_clears,
        state=State(row.state),
        done_row=row.done_row,
        tally=tally,
    )

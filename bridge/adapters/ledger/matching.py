"""What matching keeps, on Django's ORM."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from django.db.models import Exists, OuterRef, Q, QuerySet

from bridge.adapters.ledger.chunked import CHUNK, chunks
from bridge.adapters.ledger.models import Case, MatchBucket, MatchPair, MatchPerson, RegisterPerson
from bridge.adapters.ledger.prepared import Prepared
from bridge.application.ports.matching import Group, Heard, Pair, Person, RegisterLink
from bridge.domain.cells import Cell
from bridge.domain.matching.postings import BUCKETS, Postings, bucket_of
from bridge.domain.matching.rows import REGISTER_COLUMNS, Said, said
from bridge.domain.matching.texts import Ints

READ_AT_ONCE = 5_000
A_PART = 50_000  # rows of the register that are read at a time
LONGEST_KIND = 200

_PERSON = ("case", "said", "fiscal_year", "kind", "id")


class DjangoMatching:
    """Implements ports.matching.MatchStore."""

    def persons(self, cases: Iterable[str]) -> dict[str, Person]:
        return {
            row[0]: _person(row)
            for chunk in chunks(cases)
            for row in MatchPerson.objects.filter(case__in=chunk).values_list(*_PERSON)
        }

    def keep(self, persons: Sequence[Person]) -> None:
        known = {
            case: (said, before, heard)
            for chunk in chunks(person.case for person in persons)
            for case, said, before, heard in MatchPerson.objects.filter(case__in=chunk).values_list(
                "case", "said", "before", "heard"
            )
        }
        rows = []
        for person in persons:
            old, before, heard = known.get(person.case, ("", "", False))
            now = _text(person.said)
            rows.append(
                MatchPerson(
                    case=person.case,
                    fiscal_year=person.year,
                    kind=person.kind[:LONGEST_KIND],
                    said=now,
                    before=before if heard else old if now != old else "",
                    heard=heard or now != old,
                )
            )
        MatchPerson.objects.bulk_create(
            rows,
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["case"],
            update_fields=["fiscal_year", "kind", "said", "before", "heard"],
        )

    def heard(self) -> list[Heard]:
        rows = MatchPerson.objects.filter(heard=True).order_by("case")
        return [
            Heard(owner, case, _said(before), _said(now))
            for owner, case, before, now in rows.values_list("id", "case", "before", "said")
        ]

    def keyed(self) -> None:
        MatchPerson.objects.filter(heard=True).update(heard=False, before="")

    def of_owners(self, owners: Iterable[int]) -> list[Person]:
        found = [_person(row) for chunk in chunks(sorted(set(owners))) for row in _owners(chunk)]
        return [person for person in found if person.said]

    def everybody(self) -> Iterator[Person]:
        rows = MatchPerson.objects.exclude(said="").order_by("id").values_list(*_PERSON)
        return map(_person, rows.iterator(chunk_size=READ_AT_ONCE))

    def size(self) -> int:
        return MatchPerson.objects.count()

    def newest_unheard(self, most: int) -> list[str]:
        return [case for (case,) in _unheard(most)()]

    # block keys

    def postings(self, group: Group, keys: Ints) -> Postings:
        return self._whole_buckets(group, np.unique(bucket_of(keys)).tolist()).only(keys)

    def post(self, group: Group, added: Postings, removed: Postings) -> None:
        changed = np.unique(bucket_of(np.concatenate([added.keys, removed.keys]))).tolist()
        for chunk in chunks(changed, READ_AT_ONCE):
            low, high = chunk[0] << 32, (chunk[-1] + 1) << 32
            before = self._whole_buckets(group, chunk)
            now = before.merged(_between(added, low, high), _between(removed, low, high))
            packed = dict(now.packed())
            emptied = [group * BUCKETS + bucket for bucket in chunk if bucket not in packed]
            for some in chunks(emptied):
                MatchBucket.objects.filter(id__in=some).delete()
            self._write(group, packed.items())

    def _whole_buckets(self, group: Group, buckets: Sequence[int]) -> Postings:
        return Postings.unpacked(
            (row % BUCKETS, bytes(packed))
            for chunk in chunks(buckets)
            for row, packed in _buckets([group * BUCKETS + bucket for bucket in chunk])
        )

    def replace_postings(self, group: Group, postings: Postings) -> None:
        of_group = Q(id__gte=group * BUCKETS, id__lt=(group + 1) * BUCKETS)
        MatchBucket.objects.filter(of_group).delete()
        self._write(group, postings.packed())

    @staticmethod
    def _write(group: Group, packed: Iterable[tuple[int, bytes]]) -> None:
        for chunk in chunks(packed, READ_AT_ONCE):
            MatchBucket.objects.bulk_create(
                [MatchBucket(id=group * BUCKETS + bucket, packed=content) for bucket, content in chunk],
                batch_size=CHUNK,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["packed"],
            )

    # pairs

    def pairs(self, cases: Collection[str]) -> list[Pair]:
        found: dict[tuple[str, str], Pair] = {}
        for chunk in chunks(cases, CHUNK // 2):
            for pair in _pairs(MatchPair.objects.filter(Q(left__in=chunk) | Q(right__in=chunk))):
                found[pair.left, pair.right] = pair
        return [found[key] for key in sorted(found)]

    def all_pairs(self) -> list[Pair]:
        return _pairs(MatchPair.objects.order_by("left", "right"))

    def replace_pairs(self, dropped: Sequence[Pair], now: Sequence[Pair]) -> None:
        for chunk in chunks(dropped, CHUNK // 4):
            which = Q(pk__in=[])
            for pair in chunk:
                which |= Q(left=pair.left, right=pair.right)
            MatchPair.objects.filter(which).delete()
        MatchPair.objects.bulk_create(
            [
                MatchPair(
                    left=pair.left,
                    right=pair.right,
                    score=pair.score,
                    verdict=pair.verdict,
                    grounds=",".join(pair.grounds),
                )
                for pair in now
            ],
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["left", "right"],
            update_fields=["score", "verdict", "grounds"],
        )

    # the register

    def links(self, cases: Iterable[str]) -> dict[str, tuple[RegisterLink, ...]]:
        return {
            case: tuple(
                RegisterLink(number, odds, tuple(grounds)) for number, odds, grounds in json.loads(text)
            )
            for chunk in chunks(cases)
            for case, text in _links(chunk)
        }

    def keep_links(self, links: Sequence[tuple[str, tuple[RegisterLink, ...]]]) -> None:
        for chunk in chunks(links):
            texts = {
                case: json.dumps([[link.number, link.odds, link.grounds] for link in found]) if found else ""
                for case, found in chunk
            }
            rows = list(MatchPerson.objects.filter(case__in=texts).only("id", "case"))
            for row in rows:
                row.links = texts[row.case]
            MatchPerson.objects.bulk_update(rows, ["links"])

    def registered(self, owners: Iterable[int]) -> list[tuple[int, str, Said]]:
        return [
            (owner, number, said(values, REGISTER_COLUMNS))
            for chunk in chunks(sorted(set(owners)))
            for owner, number, values in RegisterPerson.objects.filter(id__in=chunk)
            .order_by("id")
            .values_list("id", "number", "values")
        ]

    def whole_register(self) -> Iterator[list[tuple[int, Said]]]:
        rows = RegisterPerson.objects.order_by("id").values_list("id", "values")
        read = rows.iterator(chunk_size=READ_AT_ONCE)
        return chunks(((owner, said(values, REGISTER_COLUMNS)) for owner, values in read), A_PART)

    def in_register(self, number: str) -> bool:
        return RegisterPerson.objects.filter(number=number).exists()

    def homes(self, numbers: Iterable[str]) -> dict[str, Mapping[str, Cell]]:
        return {
            number: values
            for chunk in chunks(sorted(set(numbers)))
            for number, values in RegisterPerson.objects.filter(number__in=chunk).values_list(
                "number", "values"
            )
        }

    def forget(self, cases: Iterable[str]) -> None:
        for chunk in chunks(cases, CHUNK // 2):
            MatchPerson.objects.filter(case__in=chunk).delete()
            MatchPair.objects.filter(Q(left__in=chunk) | Q(right__in=chunk)).delete()

    def clear(self) -> None:
        MatchPerson.objects.all().delete()
        MatchPair.objects.all().delete()
        MatchBucket.objects.filter(id__lt=BUCKETS).delete()


def _person(row: tuple[str, str, int, str, int]) -> Person:
    case, text, year, kind, owner = row
    return Person(case, _said(text), year, kind, owner)


def _text(texts: Said) -> str:
    return json.dumps(texts, ensure_ascii=False) if texts else ""


def _said(text: str) -> Said:
    return tuple(json.loads(text)) if text else ()


_buckets = Prepared(
    lambda ids: MatchBucket.objects.filter(id__in=ids).order_by("id").values_list("id", "packed")
)
_links = Prepared(
    lambda cases: MatchPerson.objects.filter(case__in=cases).exclude(links="").values_list("case", "links")
)
_owners = Prepared(lambda ids: MatchPerson.objects.filter(id__in=ids).order_by("id").values_list(*_PERSON))


@lru_cache(maxsize=4)
def _unheard(most: int) -> Prepared:
    heard = Exists(MatchPerson.objects.filter(case=OuterRef("key")))
    newest = Case.objects.order_by("-id").values("id")[:most]
    return Prepared(lambda: Case.objects.filter(~heard, id__in=newest).order_by("-id").values_list("key"))


def _between(postings: Postings, low: int, high: int) -> Postings:
    start, end = postings.keys.searchsorted([low, high])
    return Postings(postings.keys[start:end], postings.owners[start:end])


def _pairs(rows: QuerySet[MatchPair]) -> list[Pair]:
    return [
        Pair(left, right, score, verdict, tuple(filter(None, grounds.split(","))))
        for left, right, score, verdict, grounds in rows.values_list(
            "left", "right", "score", "verdict", "grounds"
        )
    ]

"""Which cases are one person's, one family's, one house's, each with the evidence that says so.

Whatever is known about two cases beyond their own keys (what people decided, what the scored comparison says) joins
as a `Link`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.entitlement.benefits import Unit
from bridge.domain.entitlement.claims import Claim


class Tie(StrEnum):
    SAME = "same"  # one person, as people decided
    LIKELY = "likely"  # one person, as the scored comparison says
    DIFFERENT = "different"  # two persons
    HOUSEHOLD = "household"  # one household of the register


@dataclass(frozen=True)
class Link:
    """What is known about two cases, whichever is named first."""

    left: str
    right: str
    tie: Tie


class Evidence(StrEnum):
    """Why two cases count together; the wordings are in the messages' section `evidence`."""

    SAME_ID = "same_id"
    DECIDED_SAME = "decided_same"
    SAME_NAME_AND_HOUSE = "same_name_and_house"
    SCORED_SAME = "scored_same"
    SAME_HOUSEHOLD = "same_household"
    SAME_FAMILY_NAME_AND_HOUSE = "same_family_name_and_house"
    SAME_HOUSE = "same_house"


class Kinship:
    """Answers for any of `claims`, from all of them. Two different valid ids are two persons, whatever else
    agrees, unless a link says that they are one."""

    def __init__(self, claims: Iterable[Claim], links: Iterable[Link] = ()) -> None:
        self._claims = {claim.case: claim for claim in claims}
        self._sharing: dict[tuple[str, str], list[str]] = defaultdict(list)
        for case in sorted(self._claims):
            for name, key in vars(self._claims[case].keys).items():
                if key:
                    self._sharing[name, key].append(case)
        self._linked: dict[tuple[Tie, str], set[str]] = defaultdict(set)
        for link in links:
            if link.left in self._claims and link.right in self._claims:
                self._linked[link.tie, link.left].add(link.right)
                self._linked[link.tie, link.right].add(link.left)

    def related(self, case: str, unit: Unit) -> dict[str, Evidence]:
        """The other cases that count together with this one, and why."""
        found = {
            Unit.PERSON: self._person,
            Unit.FAMILY: self._family,
            Unit.HOUSE: self._house,
        }[unit](case)
        found.pop(case, None)
        return found

    def _person(self, case: str) -> dict[str, Evidence]:
        ids = {self._claims[case].keys.identity} - {""}
        found = {case: Evidence.SAME_ID}
        waiting = [case]
        while waiting:
            current = waiting.pop()
            for other, evidence in self._same_person(current):
                identity = self._claims[other].keys.identity
                stranger = identity and ids and identity not in ids and evidence is not Evidence.DECIDED_SAME
                if other not in found and not stranger:
                    found[other] = evidence
                    waiting.append(other)
                    ids |= {identity} - {""} if evidence is Evidence.DECIDED_SAME else set()
        return found

    def _same_person(self, case: str) -> list[tuple[str, Evidence]]:
        keys = self._claims[case].keys
        apart = self._linked[Tie.DIFFERENT, case]
        found = [(other, Evidence.DECIDED_SAME) for other in sorted(self._linked[Tie.SAME, case])]
        found += [(o, Evidence.SAME_ID) for o in self._with("identity", keys.identity) if o not in apart]
        for other in self._with("person", keys.person):
            ids = {keys.identity, self._claims[other].keys.identity} - {""}
            if len(ids) < 2 and other not in apart:
                found.append((other, Evidence.SAME_NAME_AND_HOUSE))
        found += [(o, Evidence.SCORED_SAME) for o in sorted(self._linked[Tie.LIKELY, case]) if o not in apart]
        return found

    def _family(self, case: str) -> dict[str, Evidence]:
        persons = self._person(case)
        found = dict(persons)
        for one in persons:
            for other in sorted(self._linked[Tie.HOUSEHOLD, one]):
                found.setdefault(other, Evidence.SAME_HOUSEHOLD)
        for other in self._with("family", self._claims[case].keys.family):
            found.setdefault(other, Evidence.SAME_FAMILY_NAME_AND_HOUSE)
        return found

    def _house(self, case: str) -> dict[str, Evidence]:
        return dict.fromkeys(self._with("house", self._claims[case].keys.house), Evidence.SAME_HOUSE)

    def _with(self, name: str, key: str) -> list[str]:
        return self._sharing.get((name, key), []) if key else []

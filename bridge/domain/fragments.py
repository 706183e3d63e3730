"""The register's inverted index: which people hold a fragment of a name or place, or stand in a place or at a level.

Every run of one to three letters of a person's key is a fragment; a longer needle is looked for by fragments that
cover it, and compared with the keys of those who hold them all. People are counted off in blocks of BLOCK; the holders
of a fragment in a block are the bits of one whole number, so that "and" and "or" take microseconds.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from bridge.domain.search_keys import RegisterKeys
from bridge.domain.values.search import parts

BLOCK = 32_768  # people; their bits are 4 kB, less when packed
LONGEST = 3  # letters of a fragment
EVERYBODY = ""  # the fragment that all hold


def fragments(needle: str) -> list[str]:
    """What whoever holds the needle holds; exactly they, where it is no longer than a fragment."""
    if is_exact(needle):
        return [needle]
    return list(dict.fromkeys(needle[at : at + LONGEST] for at in range(len(needle) - LONGEST + 1)))


def is_exact(needle: str) -> bool:
    return len(needle) <= LONGEST


# No letter of a key is a colon, and these are longer than a fragment.
def of_amphoe(name: str) -> str:
    return f"amphoe:{name}"


def of_tambon(name: str) -> str:
    return f"tambon:{name}"


def of_level(level: str) -> str:
    return f"level:{level}"


def gathered(people: Iterable[tuple[int, RegisterKeys]]) -> dict[str, int]:
    """The bits of every fragment that one of these holds; each comes with its place in the block."""
    return {fragment: bits_of(some) for fragment, some in holders(people).items()}


def holders(people: Iterable[tuple[int, RegisterKeys]]) -> dict[str, list[int]]:
    """The places in the block of those who hold a fragment, a place more than once where the name repeats it."""
    found: dict[str, list[int]] = defaultdict(list)
    alike: dict[tuple[str, ...], list[int]] = defaultdict(
        list
    )  # a province has few places: written once for each
    for at, keys in people:
        name, *places = parts(keys.search)
        for fragment in _runs(name):
            found[fragment].append(at)
        alike[(keys.amphoe, keys.tambon, keys.level, *places)].append(at)
    for (amphoe, tambon, level, *places), some in alike.items():
        for fragment in _shared(amphoe, tambon, level, *places):
            found[fragment] += some
    return found


@lru_cache(maxsize=4096)
def _shared(amphoe: str, tambon: str, level: str, *places: str) -> frozenset[str]:
    found = chain.from_iterable(_runs(place) for place in places)
    return frozenset([EVERYBODY, of_amphoe(amphoe), of_tambon(tambon), of_level(level), *found])


def _runs(text: str) -> list[str]:
    """Every run of one to LONGEST letters."""
    found = [*text]
    for size in range(2, LONGEST + 1):
        found += [text[begin : begin + size] for begin in range(len(text) - size + 1)]
    return found


def bits_of(places: Iterable[int]) -> int:
    row = bytearray(BLOCK // 8)
    for at in places:
        row[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(row, "little")


def packed(bits: int) -> bytes:
    return zlib.compress(bits.to_bytes(BLOCK // 8, "little"), 1)


def unpacked(row: bytes) -> int:
    return int.from_bytes(zlib.decompress(row), "little")


def places_of(bits: int) -> Iterator[int]:
    """In order."""
    written = bin(bits)[:1:-1]
    at = written.find("1")
    while at >= 0:
        yield at
        at = written.find("1", at + 1)

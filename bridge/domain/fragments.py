"""The register's inverted index: which people hold a fragment of a name or place, or stand in a place or at a level.

Every run of one to three letters of a person's key is a fragment; a longer needle is looked for by fragments that
cover it, and compared with the keys of those who hold them all. People are counted off in blocks of BLOCK; the holders
of a fragment in a block are the bits of one whole number, so that "and" and "or" take microseconds.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bridge.domain.search_keys import RegisterKeys
from bridge.domain.values.search import parts

Held = NDArray[np.int64]
BLOCK = 32_768  # people; their bits are 4 kB, less when packed
LONGEST = 3  # letters of a fragment
_BETWEEN = "\n"  # no letter of a key
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
    return {fragment: int.from_bytes(_row(some), "little") for fragment, some in holders(people).items()}


def holders(people: Iterable[tuple[int, RegisterKeys]]) -> dict[str, Held]:
    """The places in the block of those who hold a fragment, in any order; some come more than once."""
    names: list[str] = []
    where: list[int] = []
    alike: dict[tuple[str, ...], list[int]] = defaultdict(
        list
    )  # a province has few places: written once for each
    for at, keys in people:
        name, *places = parts(keys.search)
        names.append(name)
        where.append(at)
        alike[(keys.amphoe, keys.tambon, keys.level, *places)].append(at)
    found = _holders_of_runs(names, where)
    shared: dict[str, list[Held]] = defaultdict(list)
    for (amphoe, tambon, level, *places), some in alike.items():
        there = np.array(some, dtype=np.int64)
        for fragment in _shared(amphoe, tambon, level, *places):
            shared[fragment].append(there)
    for fragment, parties in shared.items():
        by_name = [found[fragment]] if fragment in found else []
        found[fragment] = np.concatenate([*by_name, *parties])
    return found


def _holders_of_runs(names: Sequence[str], where: Sequence[int]) -> dict[str, Held]:
    """Of all names at once: a run of letters is a number, and so is it together with its holder; these are sorted."""
    letters = np.frombuffer(_BETWEEN.join(names).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    alphabet, coded = np.unique(letters, return_inverse=True)
    spelt = [chr(letter) for letter in alphabet.tolist()]
    coded, base = coded.astype(np.int64), len(alphabet)
    holder = np.repeat(np.array(where, dtype=np.int64), [len(name) + 1 for name in names])
    found: dict[str, Held] = {}
    for size in range(1, LONGEST + 1):
        count = max(len(letters) - size + 1, 0)
        runs = np.zeros(count, dtype=np.int64)
        whole = np.ones(count, dtype=bool)  # no part of two names
        for step in range(size):
            runs = runs * base + coded[step : count + step]
            whole &= letters[step : count + step] != ord(_BETWEEN)
        pairs = runs[whole] * BLOCK + holder[:count][whole]
        pairs.sort()
        numbers, places = pairs // BLOCK, pairs % BLOCK
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        for number, some in zip(numbers[begins].tolist(), np.split(places, begins[1:]), strict=False):
            found[_spelt(number, size, spelt)] = some
    return found


def _spelt(number: int, size: int, alphabet: Sequence[str]) -> str:
    run = ""
    for _ in range(size):
        number, last = divmod(number, len(alphabet))
        run = alphabet[last] + run
    return run


@lru_cache(maxsize=4096)
def _shared(amphoe: str, tambon: str, level: str, *places: str) -> frozenset[str]:
    found = chain.from_iterable(_runs(place) for place in places)
    return frozenset([EVERYBODY, of_amphoe(amphoe), of_tambon(tambon), of_level(level), *found])


def _runs(text: str) -> Iterator[str]:
    for size in range(1, LONGEST + 1):
        for begin in range(len(text) - size + 1):
            yield text[begin : begin + size]


def packed_of(places: Held) -> bytes:
    """The same as `packed` of their bits."""
    return zlib.compress(_row(places), 1)


def _row(places: Held) -> bytes:
    row = np.zeros(BLOCK, dtype=np.uint8)
    row[places] = 1
    return np.packbits(row, bitorder="little").tobytes()


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

"""Other systems of the province: what each may do, and the form of their tokens.

A token is `saphan_`, 43 letters and digits (256 bits) and a checksum of 6, so that programs which look for lost
secrets know one when they see it, and a token that was cut or mistyped is told from one without asking anybody.
"""

from __future__ import annotations

import string
import zlib
from enum import StrEnum

PREFIX = "saphan_"
RANDOM_BYTES = 32
_DIGITS = string.digits + string.ascii_letters
_BODY, _CHECK = 43, 6  # digits of base 62 that hold 256 and 32 bits


class Scope(StrEnum):
    """`CASES_READ` gives published cases without what tells who the person is; that is `PERSONS_READ`."""

    CASES_READ = "cases:read"
    PERSONS_READ = "persons:read"
    CASES_SUBMIT = "cases:submit"
    FIGURES_READ = "figures:read"


def write_token(chance: bytes) -> str:
    """`chance`: RANDOM_BYTES random bytes."""
    body = _base62(int.from_bytes(chance), _BODY)
    return f"{PREFIX}{body}{_checksum(body)}"


def is_token(text: str) -> bool:
    """Whether it is one as `write_token` writes them; whose, or whether anybody's, is another question."""
    body, check = text[len(PREFIX) : -_CHECK], text[-_CHECK:]
    if not text.startswith(PREFIX) or len(body) != _BODY or not set(body) <= set(_DIGITS):
        return False
    return check == _checksum(body)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECK)


def _base62(number: int, digits: int) -> str:
    found = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        found = _DIGITS[digit] + found
    return found

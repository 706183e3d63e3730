"""The form of the tokens of other systems."""

from __future__ import annotations

import re
import secrets

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.api_clients import RANDOM_BYTES, is_token, write_token

CHANCES = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(CHANCES)
def test_scanners_know_it_by_its_form(chance: bytes) -> None:
    assert re.fullmatch(r"saphan_[0-9A-Za-z]{49}", write_token(chance))
    assert is_token(write_token(chance))


@given(CHANCES, CHANCES)
def test_no_two_are_one(one: bytes, other: bytes) -> None:
    assert (write_token(one) == write_token(other)) == (one == other)


@given(CHANCES, st.integers(0, 55), st.characters())
def test_a_mistyped_letter_is_noticed(chance: bytes, place: int, letter: str) -> None:
    token = write_token(chance)
    mistyped = token[:place] + letter + token[place + 1 :]
    assert is_token(mistyped) == (mistyped == token)


@given(st.text(max_size=80))
def test_other_text_is_none(text: str) -> None:
    assert not is_token(text)
    assert not is_token(f"saphan_{text}")


def test_all_of_its_length_counts() -> None:
    token = write_token(secrets.token_bytes(RANDOM_BYTES))
    assert not any(is_token(token[:length]) for length in range(len(token)))
    assert not is_token(token + "0") and not is_token(" " + token)

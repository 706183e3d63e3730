"""Which cases are one person's, and which person of the register: see docs/matching.md.

`rules` holds the exact rules of intake; everything else is the scored comparison.
"""

from bridge.domain.matching.rules import Candidate, Pair, Reason, find_pairs, pair_subject

__all__ = ["Candidate", "Pair", "Reason", "find_pairs", "pair_subject"]

"""Which cases are one person's, and which person of the register: see docs/matching.md."""

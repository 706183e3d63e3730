"""Readers of the values that people type: each takes a cell as the sheet gave it and answers a `Reading`."""

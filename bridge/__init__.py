"""Saphan (สะพาน): the case-referral process of a provincial social-development office."""

import sys

import pysqlite3

# Two processes write the ledger, and most Pythons bring a SQLite that can damage a write-ahead log then. Two of them in
# one process would undo each other's locks: everything uses the newer one (docs/adr/0015).
sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

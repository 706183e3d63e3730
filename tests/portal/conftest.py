from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.portal.portal import Portal, served


@pytest.fixture(scope="module")
def served_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One served portal for all tests; each makes the people it needs."""
    with served(tmp_path_factory.mktemp("portal") / "พมจ ทดสอบ") as opened:
        yield opened


@pytest.fixture
def portal(served_portal: Portal) -> Portal:
    """The same, with this process looking at its ledger again where another test has turned to another."""
    served_portal.look()
    return served_portal

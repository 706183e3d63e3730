"""What the JSON API asks of the ledger, on each backend: clients, their share of requests, pages of cases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.adapters.ledger.connection import close_ledger
from bridge.application.api_clients import ApiClients
from bridge.application.ports.api_clients import ApiClient
from bridge.application.ports.cases import Published
from bridge.application.ports.read_log import Reading, Sought
from bridge.application.published_cases import CasesAsked, PublishedCases
from bridge.domain.api_clients import Scope
from tests.contract.ledgers import BACKENDS, NOW, Ledger, new_account, open_empty


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    yield open_empty(request.param, request.config, tmp_path)
    close_ledger()


def use_case(ledger: Ledger, per_minute: int = 60) -> ApiClients:
    return ApiClients(ledger.api_clients, ledger.rows, ledger.journal, ledger.clock, per_minute)


def made(ledger: Ledger, *amphoes: str) -> tuple[ApiClient, str]:
    return use_case(ledger).make("ระบบ", [Scope.CASES_READ], amphoes, 30, "portal:1")


class TestClients:
    def test_a_token_admits_its_client_until_it_ends(self, ledger: Ledger) -> None:
        clients = use_case(ledger)
        client, token = made(ledger, "ก")
        other, _ = made(ledger)
        assert clients.admit(token) == client and client.amphoes == ("ก",)
        assert clients.admit(token[:-1]) is None and clients.admit("") is None
        ledger.clock.pass_time(days=30)
        assert clients.admit(token) is None and not clients.opens(client)
        assert [one.key for one in clients.listed()] == [other.key, client.key]
        assert clients.find("999") is None

    def test_revoking_is_once_and_in_the_history(self, ledger: Ledger) -> None:
        clients = use_case(ledger)
        client, token = made(ledger)
        assert clients.revoke(client.key, "portal:2") and not clients.revoke(client.key, "portal:2")
        assert clients.admit(token) is None
        past = [(one.event.why, one.event.actor) for one in ledger.rows.history("api_clients", client.key)]
        assert past == [("api_client_made", "portal:1"), ("api_client_revoked", "portal:2")]
        assert not clients.revoke("999", "portal:2")

    def test_the_read_log_tells_clients_from_accounts(self, ledger: Ledger) -> None:
        client, account = made(ledger)[0], new_account("somsri@example.go.th")
        assert client.key == account, "the same number"
        for reader in (client.reader, account):
            ledger.read_log.note(Reading(NOW, reader, "api_case", (reader,)))
        for reader in (client.reader, account):
            found, total = ledger.read_log.find(Sought(reader), 0, 10)
            assert (total, found[0].account, found[0].keys) == (1, reader, (reader,))


class TestShares:
    def test_what_was_used_comes_back_evenly(self, ledger: Ledger) -> None:
        clients, (client, _) = use_case(ledger), made(ledger)
        taken = [clients.take(client) for _ in range(61)]
        assert [one.granted for one in taken] == [True] * 60 + [False]
        assert [one.left for one in taken] == [*range(59, -1, -1), 0]
        assert [one.whole_in for one in taken] == [*range(1, 61), 60]
        assert taken[-1].wait == 1
        ledger.clock.pass_time(seconds=3)
        assert [clients.take(client).granted for _ in range(4)] == [True] * 3 + [False]
        found = clients.find(client.key)
        assert found is not None and found.used_at == ledger.clock.now()

    def test_one_client_takes_nothing_from_another(self, ledger: Ledger) -> None:
        clients, (one, _), (other, _) = use_case(ledger, 1), made(ledger), made(ledger)
        assert clients.take(one).granted and not clients.take(one).granted
        assert clients.take(one).wait == 60
        assert clients.take(other).granted

    def test_many_at_once_get_no_more(self, ledger: Ledger) -> None:
        clients, (client, _) = use_case(ledger, 7), made(ledger)

        def take(_: int) -> bool:
            from django.db import connection

            try:
                return clients.take(client).granted
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(take, range(24))) == 7


class TestPages:
    def test_they_follow_one_another_within_the_areas(self, ledger: Ledger) -> None:
        places = ["ก", "ข", "ก", "ก"]
        for count in range(1, 5):  # each published a minute after the one before
            cases = [
                Published(f"SSK-2569-{n:06d}", 2569, {"amphoe": amphoe, "operation": "รอ"})
                for n, amphoe in enumerate(places[:count], 1)
            ]
            ledger.cases.publish(cases, NOW + timedelta(minutes=count))
        pages = PublishedCases(ledger.tracking, "SSK")

        def numbers(client: ApiClient, most: int, **asked: object) -> list[list[int]]:
            found, after = [], "SSK-9999-000000"
            while after:
                cases, after = pages.page(CasesAsked(after=after, **asked), client, most)  # type: ignore[arg-type]
                found.append([int(case.case[-6:]) for case in cases])
            return found

        whole, part = made(ledger)[0], made(ledger, "ก")[0]
        assert numbers(whole, 3) == [[4, 3, 2], [1]]
        assert numbers(whole, 2) == [[4, 3], [2, 1]]
        assert numbers(part, 2) == [[4, 3], [1]]
        assert numbers(part, 9, amphoe="ข") == [[]]
        assert numbers(whole, 9, changed_since=NOW + timedelta(minutes=3)) == [[4, 3]]
        assert numbers(part, 1, changed_since=NOW + timedelta(minutes=1), operation="รอ") == [[4], [3], [1]]
        assert pages.case("SSK-2569-000002", part) is None
        assert pages.case("SSK-2569-000002", whole) is not None
        assert pages.case("'; --", whole) is None and not pages.is_known("SSK-2569-000002")

"""Every route of the table as each role, by real requests; and what holds for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain.access import Role
from tests.portal.portal import Browser, Portal

EARLY = "/security/"  # where those are led who still need a second factor
# What a route's address is filled with, and what is answered where nothing of that name is there.
PLACES = {"token": "no-such-token", "pk": "999999", "case": "SSK-2569-999999", "key": "no-such-key"}
PLACES |= {"number": "1", "place": "no-such-place", "chart": "no-such-chart"}
NOT_FOUND_IS_RIGHT = {
    "overview_amphoe",
    "overview_amphoe_pdf",
    "overview_chart",
    "review",
    "admin_request",
    "review_doubt",
    "admin_person",
    "admin_sign_out",
    "admin_slip",
    "admin_mail_again",
    "case_file",
    "admin_api_client_revoke",
    "admin_erased",
    "case_receipt",
    "case_view",
    "case_papers",
    "password_choose",
    "mfa_remove_webauthn",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
}
ELSEWHERE = {  # signed in, these lead on
    "account_login": "/",
    "mfa_authenticate": "/",
    "mfa_activate_totp": "/security/app/remove/",
    "mfa_reauthenticate_webauthn": "/confirm/",
    "mfa_deactivate_totp": "/security/app/remove/",
}


def routes() -> Any:
    from bridge.portal.urls import ROUTES

    return ROUTES


def address(route: Any) -> str:
    path = route.path
    for kind in ("str", "int"):
        for name, value in PLACES.items():
            path = path.replace(f"<{kind}:{name}>", value)
    assert "<" not in path, f"PLACES says nothing for {route.path}"
    return f"/{path}"


@pytest.fixture(scope="module")
def people(served_portal: Portal) -> dict[Role, Browser]:
    served_portal.look()
    return {role: served_portal.signed_in(role) for role in Role}


def test_every_pattern_is_in_the_table(portal: Portal) -> None:
    from bridge.portal import urls

    names = [route.name for route in (*urls.ROUTES, *urls.API_ROUTES)]
    assert [pattern.name for pattern in urls.urlpatterns] == names
    assert len(set(names)) == len(names)


def test_who_is_not_signed_in_sees_public_pages_alone(portal: Portal) -> None:
    for route in routes():
        answer = portal.browser().get(address(route), follow=False)
        if route.who:
            assert answer.status == 302, route
            assert answer.headers["Location"].startswith("/sign-in/"), route
        else:
            assert answer.status in (200, 302, 404), route


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_table_says(portal: Portal, people: dict[Role, Browser], role: Role) -> None:
    for route in routes():
        answer = people[role].get(address(route), follow=False)
        if route.who and role not in route.who:
            assert answer.status == 403, (role, route)
        elif route.name in NOT_FOUND_IS_RIGHT and answer.status == 404:
            continue
        elif answer.status == 302:
            assert answer.headers["Location"].partition("?")[0] in (ELSEWHERE.get(route.name), "/confirm/"), (
                route
            )
        else:
            assert answer.status == 200, (role, route)
            assert answer.body.count("<h1") == answer.headers["Content-Type"].startswith("text/html"), route


@pytest.mark.parametrize("role", list(Role))
def test_a_refused_post_is_refused_too(portal: Portal, people: dict[Role, Browser], role: Role) -> None:
    for route in routes():
        if route.who and role not in route.who:
            assert people[role].post(address(route), follow=False).status == 403, (role, route)


@pytest.mark.parametrize("role", list(Role))
def test_without_a_second_factor_only_setting_one_up_is_open(portal: Portal, role: Role) -> None:
    person = portal.signed_in(role, factor=False)
    for route in routes():
        if role not in route.who or route.early:
            continue
        answer = person.get(address(route), follow=False)
        if route.strong or role is not Role.OFFICER:
            assert (answer.status, answer.headers["Location"]) == (302, EARLY), (role, route)
        else:
            right = (200, 404) if route.name in NOT_FOUND_IS_RIGHT else (200,)
            assert answer.status in right, (role, route)


@pytest.mark.parametrize("role", [None, *Role])
def test_no_get_and_no_head_writes_to_the_ledger(
    portal: Portal, people: dict[Role, Browser], role: Role | None
) -> None:
    person = portal.browser() if role is None else people[role]
    before = portal.ledger()
    for route in routes():
        for method in ("GET", "HEAD"):
            person.ask(method, address(route), follow=False)
            assert portal.ledger() == before, (method, route)


def test_every_answer_carries_the_headers(portal: Portal, people: dict[Role, Browser]) -> None:
    for person in (portal.browser(), people[Role.ADMIN]):
        for path in [*map(address, routes()), "/no/such/page", "/no-slash"]:
            answer = person.get(path, follow=False)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert "no-store" in answer.headers["Cache-Control"], path
            assert "<script>" not in answer.body and "style=" not in answer.body, path
            assert "Server" not in answer.headers, path

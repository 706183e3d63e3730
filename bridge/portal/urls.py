"""Every page of the portal in one table: its address, its view, who may open it, its name.

Nothing else is served but static files; tests/portal/test_routes.py walks this table as each role.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import path

from bridge.portal import coming, factors, health, menu, password, privacy, sign_in
from bridge.portal.access import EVERYONE, OFFICERS, PUBLIC, View, Who, guarded


@dataclass(frozen=True)
class Route:
    """`menu` is the place in the menu, 0 where it has none; its wording is in templates/portal/menu.html."""

    path: str
    view: View
    who: Who
    name: str
    strong: bool = False
    early: bool = False
    menu: int = 0


ROUTES = (
    Route("", menu.page, EVERYONE, "menu"),
    # the manual's four functions
    Route("register/", coming.page, OFFICERS, "register_search", strong=True, menu=1),
    Route("cases/new/", coming.page, OFFICERS, "case_new", menu=2),
    Route("overview/", coming.page, EVERYONE, "overview", menu=3),
    Route("cases/", coming.page, OFFICERS, "case_search", menu=4),
    # getting in and out
    Route("sign-in/", sign_in.page, PUBLIC, "account_login"),
    Route("sign-in/code/", factors.ask, PUBLIC, "mfa_authenticate"),
    Route("sign-out/", sign_in.out, EVERYONE, "account_logout", early=True),
    Route("sign-out/everywhere/", sign_in.out_everywhere, EVERYONE, "sign_out_everywhere", early=True),
    Route("password/forgotten/", password.forgotten, PUBLIC, "account_reset_password"),
    Route("activate/<str:token>", password.choose, PUBLIC, "password_choose"),
    Route("confirm/", factors.confirm, EVERYONE, "account_reauthenticate", early=True),
    Route("confirm/code/", factors.confirm_code, EVERYONE, "mfa_reauthenticate", early=True),
    Route("confirm/passkey/", factors.confirm_passkey, EVERYONE, "mfa_reauthenticate_webauthn", early=True),
    # the second factor
    Route("security/", factors.overview, EVERYONE, "mfa_index", early=True),
    Route("security/app/", factors.app_add, EVERYONE, "mfa_activate_totp", early=True),
    Route("security/app/remove/", factors.app_remove, EVERYONE, "mfa_deactivate_totp", early=True),
    Route("security/passkey/", factors.passkey_add, EVERYONE, "mfa_add_webauthn", early=True),
    Route(
        "security/passkey/<int:pk>/remove/",
        factors.passkey_remove,
        EVERYONE,
        "mfa_remove_webauthn",
        early=True,
    ),
    Route("security/codes/", factors.codes, EVERYONE, "mfa_view_recovery_codes", early=True),
    Route("security/codes/new/", factors.codes_new, EVERYONE, "mfa_generate_recovery_codes", early=True),
    # for all
    Route("privacy/", privacy.page, PUBLIC, "privacy"),
    Route("healthz", health.page, PUBLIC, "health"),
)

urlpatterns = [
    path(
        route.path,
        guarded(route.view, route.name, route.who, strong=route.strong, early=route.early),
        name=route.name,
    )
    for route in ROUTES
]

handler400 = "bridge.portal.trouble.bad_request"
handler403 = "bridge.portal.trouble.not_allowed"
handler404 = "bridge.portal.trouble.not_found"
handler429 = "bridge.portal.trouble.too_many"
handler500 = "bridge.portal.trouble.failed"

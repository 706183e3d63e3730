"""Every page of the portal in one table: its address, its view, who may open it, its name.

Nothing else is served but static files and the API, which has a table of its own (bridge/portal/api/routes.py);
tests/portal/test_routes.py walks this one as each role.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import path

from bridge.portal import (
    access_desk,
    access_request,
    api_clients,
    case_file,
    case_new,
    desk,
    doubts,
    erase,
    factors,
    health,
    mails,
    menu,
    overview,
    papers,
    password,
    people,
    person_data,
    privacy,
    read_log_page,
    register,
    reviews,
    sign_in,
    tracking,
)
from bridge.portal.access import ADMIN, EVERYONE, OFFICERS, PUBLIC, STAFF, View, Who, guarded
from bridge.portal.api import door
from bridge.portal.api.routes import API_ROUTES


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
    Route("register/", register.page, OFFICERS, "register_search", strong=True, menu=1),
    Route("cases/new/", case_new.page, OFFICERS, "case_new", menu=2),
    Route("cases/new/sent/<str:case>/", case_new.receipt, OFFICERS, "case_receipt"),
    Route("overview/", overview.page, EVERYONE, "overview", menu=3),
    Route("overview/amphoe/<str:place>/", overview.amphoe, EVERYONE, "overview_amphoe"),
    Route("overview/chart/<str:chart>.svg", overview.chart, EVERYONE, "overview_chart"),
    Route("overview/figures.xlsx", overview.workbook, EVERYONE, "overview_workbook"),
    Route("overview/figures.pdf", overview.pdf, EVERYONE, "overview_pdf"),
    Route("overview/amphoe/<str:place>/figures.pdf", overview.amphoe_pdf, EVERYONE, "overview_amphoe_pdf"),
    Route("cases/", tracking.page, OFFICERS, "case_search", menu=4),
    Route("cases/<str:case>/", tracking.case, OFFICERS, "case_view"),
    Route("cases/<str:case>/files/<int:number>/", case_file.page, OFFICERS, "case_file"),
    Route("cases/<str:case>/papers/", papers.page, STAFF, "case_papers"),
    # the work of the office
    Route("reviews/", reviews.page, STAFF, "reviews", menu=5),
    Route("reviews/doubts/", reviews.doubts, STAFF, "review_doubts"),
    Route("reviews/doubts/<str:case>/", doubts.page, STAFF, "review_doubt"),
    Route("reviews/<str:key>/", reviews.item, STAFF, "review"),
    Route("admin/", desk.page, ADMIN, "admin", menu=6),
    Route("admin/requests/", access_desk.page, ADMIN, "admin_requests"),
    Route("admin/requests/<str:key>/", access_desk.one, ADMIN, "admin_request"),
    Route("admin/people/", people.page, ADMIN, "admin_people"),
    Route("admin/people/<int:pk>/", people.one, ADMIN, "admin_person"),
    Route("admin/people/<int:pk>/sign-out/", people.sign_out, ADMIN, "admin_sign_out"),
    Route("admin/people/<int:pk>/slip/", people.slip, ADMIN, "admin_slip"),
    Route("admin/mails/", mails.page, ADMIN, "admin_mails"),
    Route("admin/mails/<str:key>/again/", mails.again, ADMIN, "admin_mail_again"),
    Route("admin/readlog/", read_log_page.page, ADMIN, "admin_read_log"),
    Route("admin/person/", person_data.page, ADMIN, "admin_person_data"),
    Route("admin/api-clients/", api_clients.page, ADMIN, "admin_api_clients"),
    Route("admin/api-clients/new/", api_clients.new, ADMIN, "admin_api_client_new"),
    Route("admin/api-clients/<int:pk>/revoke/", api_clients.revoke, ADMIN, "admin_api_client_revoke"),
    Route("admin/erase/", erase.page, ADMIN, "admin_erase"),
    Route("admin/erase/<str:key>/", erase.receipt, ADMIN, "admin_erased"),
    # getting in and out
    Route("access/", access_request.page, PUBLIC, "access_request"),
    Route("access/received/", access_request.received, PUBLIC, "access_received"),
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
urlpatterns += [path(route.path, door.guarded(route), name=route.name) for route in API_ROUTES]

handler400 = "bridge.portal.trouble.bad_request"
handler403 = "bridge.portal.trouble.not_allowed"
handler404 = "bridge.portal.trouble.not_found"
handler429 = "bridge.portal.trouble.too_many"
handler500 = "bridge.portal.trouble.failed"

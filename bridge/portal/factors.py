"""The second factor: an authenticator app, a passkey, recovery codes. allauth does the work; the pages are ours."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ConfirmCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView

from bridge.portal.access import SECOND_FACTOR_ROLES, role_of


class Overview(IndexView):
    template_name = "factors/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        own = {**dict.fromkeys(Authenticator.Type.values), **found["authenticators"]}
        return {**found, "authenticators": own, "needed": role_of(self.request) in SECOND_FACTOR_ROLES}


ask = AuthenticateView.as_view(template_name="factors/ask.html")
confirm = ReauthenticateView.as_view(template_name="factors/confirm.html")
confirm_code = ConfirmCodeView.as_view(template_name="factors/confirm_code.html")
confirm_passkey = ReauthenticateWebAuthnView.as_view(template_name="factors/confirm_passkey.html")
overview = Overview.as_view()
app_add = ActivateTOTPView.as_view(template_name="factors/app_add.html")
app_remove = DeactivateTOTPView.as_view(template_name="factors/app_remove.html")
passkey_add = AddWebAuthnView.as_view(template_name="factors/passkey_add.html")
passkey_remove = RemoveWebAuthnView.as_view(
    template_name="factors/passkey_remove.html", success_url="/security/"
)
codes = ViewRecoveryCodesView.as_view(template_name="factors/codes.html")
codes_new = GenerateRecoveryCodesView.as_view(template_name="factors/codes_new.html")

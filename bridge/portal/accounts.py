"""How the ledger's accounts sign in: what allauth asks of the province's rules."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest

from bridge.adapters.ledger.models import Account
from bridge.domain.access import email_key
from bridge.portal.events import told
from bridge.portal.office import office
from bridge.portal.signed_in import account
from bridge.portal.words import worded

JUST_NOW = 300  # seconds for which a sign-in counts as the person's own


class ByEmail(AuthenticationBackend):
    """By mailbox, however it is spelt. An account that is closed is no account; its password is checked all the
    same, so that it takes as long."""

    def _authenticate_by_email(self, email: str, password: str) -> Any:
        key = email_key(email, fold_gmail=office().province.access.fold_gmail)
        return self._check_password(Account.objects.filter(email_key=key).first(), password)

    def get_user(self, user_id: Any) -> Account | None:
        found = account(int(user_id))
        return found if found is not None and self.user_can_authenticate(found) else None

    def _check_password(self, user: Any, password: str) -> Any:
        if user is None:
            return None
        self._did_check_password = True
        return user if user.check_password(password) and user.is_active else None


class Accounts(DefaultAccountAdapter):
    """Nobody signs up: accounts come from the access sheet, and each has the one address it was approved with."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        message: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Only what tells of a failure; pages say themselves what was done."""
        if message is not None and level >= messages.ERROR:
            messages.add_message(request, level, message)

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has signed in just now is not asked again."""
        request = context.request
        latest = max(
            (record["at"] for record in get_authentication_records(request, request.user)), default=0
        )
        return time.time() - latest > JUST_NOW

    def unlock(self, request: HttpRequest, email: str) -> None:
        """Forgets wrong guesses: a mailed link has shown that the owner is here."""
        self._delete_login_attempts_cached_email(request, email=email)

    def validation_error(self, code: str, *args: Any) -> Any:
        error = super().validation_error(code, *args)
        if code in _ONE_ANSWER:
            error.message = worded("wrong_sign_in")
        return error


_ONE_ANSWER = ("email_password_mismatch", "too_many_login_attempts", "incorrect_password", "incorrect_code")


class SecondFactors(DefaultMFAAdapter):
    """The keys of authenticator apps are kept sealed with the workspace's own secret."""

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode("ascii")).decode()

    def validation_error(self, code: str, *args: Any) -> Any:
        error = super().validation_error(code, *args)
        if code == "incorrect_code":
            request = context.request
            told("second_factor_failed", request, getattr(request.user, "pk", None) or "")
            error.message = worded("wrong_code")
        return error

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return worded(
            "passkey_name", number=Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        )

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": office().province.province.office}


def _seal() -> Fernet:
    digest = hashlib.sha256(b"second factors|" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))

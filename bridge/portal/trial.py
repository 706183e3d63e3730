"""Ready sign-ins for the demo: one account of each role, with a password and a second factor. Only there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from bridge.adapters.ledger.models import Account
from bridge.bootstrap import Office
from bridge.domain.access import Grant, Role
from bridge.portal.office import serve_office

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODES_SHOWN = 3


@dataclass(frozen=True)
class SignIn:
    """`key` is for an authenticator app; each of `codes` can be typed once in its place."""

    role: Role
    email: str
    password: str
    key: str
    codes: tuple[str, ...]


def sign_ins(office: Office) -> list[SignIn]:
    """Makes and gives one for each role."""
    serve_office(office)
    return [_sign_in(office, role) for role in Role]


def _sign_in(office: Office, role: Role) -> SignIn:
    amphoe = office.places.amphoes()[0]
    areas = ((amphoe, ""),) if role is Role.OFFICER else ()
    email = f"{role}@demo.example"
    grant = Grant(email, role.capitalize(), "Demo", office.province.province.office, role, areas)
    account = Account.objects.get(pk=int(office.ports.accounts.activate("", email, grant)))
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    account.set_password(password)
    account.save(update_fields=["password"])
    key = generate_totp_secret()
    TOTP.activate(account, key)
    codes = RecoveryCodes.activate(account).generate_codes()
    return SignIn(role, email, password, key, tuple(codes[:CODES_SHOWN]))

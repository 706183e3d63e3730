"""A forgotten password, and the one-time link by which a person sets one."""

from __future__ import annotations

from bridge.application.ports.approvals import ApprovalMail
from bridge.application.ports.clock import Clock
from bridge.application.ports.passwords import Holder, PasswordStore
from bridge.domain.access import email_key

ONE_MAIL_IN = 600  # seconds; asking again sooner sends no second mail


class Passwords:
    def __init__(self, store: PasswordStore, mail: ApprovalMail, clock: Clock, fold_gmail: bool) -> None:
        self._store, self._mail, self._clock, self._fold = store, mail, clock, fold_gmail

    def ask(self, address: str) -> bool:
        """Queues the mail with a link, where an active account has this address. What it returns, and how long
        it takes, must not reach the person who asks."""
        holder = self._store.holder(email_key(address, fold_gmail=self._fold))
        if holder is None:
            return False
        now = self._clock.now()
        name = f"password-{holder.account}"  # a request of its own: the access sheet tells of approvals alone
        key = f"{name}-{int(now.timestamp()) // ONE_MAIL_IN}"
        context = {"person": holder.person, "organisation": holder.organisation}
        return self._mail.queue(key, name, holder.account, holder.email, "password", context, now)

    def opens(self, token: str) -> Holder | None:
        """Whose link this is; None for one that was used, altered or is too old. Changes nothing: mail scanners
        follow links."""
        return self._store.opens(token, self._clock.now())

    def use(self, token: str, password: str) -> bool:
        """Sets the password, once for a link."""
        return self._store.use(token, password, self._clock.now())

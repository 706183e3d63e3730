"""Who is approved may open the shared file; who no longer is, may not, where it was the bridge that let them in.

A share is written down before the service is asked, and again when the answer was seen. One whose answer was
not seen is SHARING, without a permission (it was being shared) or with one (it was being taken back), and is
settled by looking. As the service may do yet what it was asked up to 190 s ago (sync.md, step 9), what such a
request could undo is decided only after that.

A permission is ours when it was not there before we asked. What people do to it later (another role) leaves it
ours; what they take away stays away until the person is approved anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.application.errors import SaphanError
from bridge.application.ports.accounts import AccountStore, Request
from bridge.application.ports.clock import Clock
from bridge.application.ports.rows import RowState, RowStore
from bridge.application.ports.shares import Share, Shares, ShareState
from bridge.application.ports.sharing import Fate, FileSharing, Holder
from bridge.domain.access import AccessWords, Decision, Role, State, decide, email_key, read_grant
from bridge.domain.values.places import Places

TABLE = "access"
SETTLED_AFTER = timedelta(seconds=190)


@dataclass(frozen=True)
class SharingSettings:
    """`role` is the service's word for what people may do with `file`; `roles` are the bridge's roles that get
    it, all when there are none. With no file, what was shared before is taken back."""

    file: str
    role: str
    roles: frozenset[Role] = frozenset()


@dataclass
class ShareReport:
    """Numbers of people. `trouble` is what kept the rest from being done; the next round does it."""

    shared: int = 0
    unshared: int = 0
    foreign: int = 0  # newly found to have a permission that is not ours
    refused: int = 0
    unsettled: int = 0  # an answer is still out
    trouble: SaphanError | None = None


@dataclass(frozen=True)
class Attempt:
    """What is remembered of a request whose answer was not seen, in the `said` of its share: when it left, and
    the permissions of others that were there before."""

    at: datetime
    before: frozenset[str] = frozenset()

    @classmethod
    def of(cls, share: Share) -> Attempt | None:
        if share.state not in (ShareState.SHARING, ShareState.SHARED) or not share.said:
            return None
        at, *before = share.said.split()
        return cls(datetime.fromisoformat(at), frozenset(before))

    def text(self) -> str:
        return " ".join([self.at.isoformat(), *sorted(self.before)])


class ShareAccess:
    def __init__(
        self,
        shares: Shares,
        sharing: FileSharing,
        rows: RowStore,
        accounts: AccountStore,
        clock: Clock,
        words: AccessWords,
        places: Places,
        settings: SharingSettings,
    ) -> None:
        self._shares, self._sharing, self._rows, self._accounts = shares, sharing, rows, accounts
        self._clock, self._words, self._places, self._settings = clock, words, places, settings

    def run(self) -> ShareReport:
        """To be run after each round over the access sheet, outside any transaction: each step is committed
        before the next. Nothing is asked of the service where nothing is to be done. Raises nothing that a
        person or the service can cause."""
        report = ShareReport()
        known = self._shares.all()
        current = self._settings.file
        for file in filter(None, [current, *sorted({share.file for share in known} - {current})]):
            mine = {share.request: share for share in known if share.file == file}
            wanted = self._wanted() if file == current else {}
            one = _OneFile(self._shares, self._sharing, self._clock, replace(self._settings, file=file), mine)
            try:
                one.run(wanted, report)
            except SaphanError as error:
                if file != current and error.code == "sharing_file_missing":
                    one.forget_all()  # a file of earlier settings that is no more
                else:
                    report.trouble = error
        return report

    def _wanted(self) -> dict[str, str | None]:
        """The address of each request that is to be shared with; None where its row does not tell just now:
        then it stays as it is."""
        requests = self._accounts.requests()
        found = {}
        for row in self._rows.load_all(TABLE):
            request = requests.get(row.key)
            if request is not None and request.state is State.ACTIVE:
                address = self._address(row, request)
                if address != "":
                    found[row.key] = address
        return found

    def _address(self, row: RowState, request: Request) -> str | None:
        """The approved address, "" for a role that gets no share."""
        grant, _ = read_grant(row.values, self._words, self._places)
        if grant is None or decide(row.values.get("approval"), self._words) is not Decision.APPROVE:
            return None
        if email_key(grant.email, fold_gmail=self._words.fold_gmail) != request.email_key:
            return None  # the address of somebody else's request: it was not approved for this one
        return grant.email if not self._settings.roles or grant.role in self._settings.roles else ""


class _OneFile:
    """One round over one file. `known` are the shares of it by request."""

    def __init__(
        self,
        shares: Shares,
        sharing: FileSharing,
        clock: Clock,
        settings: SharingSettings,
        known: dict[str, Share],
    ) -> None:
        self._shares, self._sharing, self._clock = shares, sharing, clock
        self._file, self._role, self._known = settings.file, settings.role, known
        self._seen: Sequence[Holder] | None = None

    def run(self, wanted: Mapping[str, str | None], report: ShareReport) -> None:
        """First what is there already, so that a mailbox that moves to another request is free by then."""
        self._report = report
        for request, share in sorted(self._known.items()):
            address = wanted.get(request, "")
            if address is not None:
                self._review(share, keep=bool(address) and _mailbox(address) == _mailbox(share.email))
        for request, address in wanted.items():
            if address and request not in self._known:
                self._grant(request, address)

    def forget_all(self) -> None:
        for share in list(self._known.values()):
            self._forget(share)

    # what is there already

    def _review(self, share: Share, *, keep: bool) -> None:
        match share.state:
            case ShareState.FOREIGN | ShareState.REFUSED:
                if not keep:
                    self._forget(share)
            case ShareState.SHARED:
                if not keep or share.role != self._role:
                    self._take_back(share)
            case ShareState.SHARING if share.permission:
                self._settle_taking_back(share, keep=keep)
            case ShareState.SHARING:
                self._settle_sharing(share, keep=keep)

    def _settle_sharing(self, share: Share, *, keep: bool) -> None:
        attempt = Attempt.of(share) or Attempt(self._clock.now())
        mailbox = _mailbox(share.email)
        for holder in self._holders():
            if _mailbox(holder.email) == mailbox and holder.permission not in attempt.before:
                if self._is_going(holder.permission):
                    self._report.unsettled += 1
                    return None
                self._report.shared += 1
                found = replace(
                    share,
                    state=ShareState.SHARED,
                    permission=holder.permission,
                    said=Attempt(attempt.at).text(),
                )
                self._save(found)
                return self._review(found, keep=keep)
        if keep:
            self._ask(share, attempt)
        elif self._may_be_done_yet(attempt):
            self._report.unsettled += 1
        else:
            self._forget(share)
        return None

    def _settle_taking_back(self, share: Share, *, keep: bool) -> None:
        if not keep:
            return self._take_back(share)
        if self._may_be_done_yet(Attempt.of(share)):
            self._report.unsettled += 1
        elif any(holder.permission == share.permission for holder in self._holders()):
            self._save(replace(share, state=ShareState.SHARED, said=""))
        else:
            self._forget(share)
        return None

    def _take_back(self, share: Share) -> None:
        if self._is_ours(share.permission, but=share.request):
            return self._forget(share)  # another approved request stands for the same account
        earlier = Attempt.of(share)
        asked = replace(share, state=ShareState.SHARING, said=Attempt(self._clock.now()).text())
        self._save(asked)
        try:
            answer = self._sharing.unshare(share.file, share.permission)
        except SaphanError:
            self._save(share)
            raise
        self._seen = None
        if answer.fate is Fate.UNKNOWN:
            self._report.unsettled += 1
            return None
        self._report.unshared += answer.fate is Fate.DONE
        self._report.refused += answer.fate is Fate.REFUSED  # people made it something that we cannot undo
        if earlier is not None and self._may_be_done_yet(earlier):
            self._report.unsettled += 1  # an earlier request could still let the person in again
            self._save(replace(asked, said=earlier.text()))
        else:
            self._forget(share)
        return None

    # what is new

    def _grant(self, request: str, email: str) -> None:
        share = Share(request, self._file, email, self._role, ShareState.SHARING)
        mailbox = _mailbox(email)
        if any(_mailbox(other.email) == mailbox and _is_open(other) for other in self._known.values()):
            self._report.unsettled += 1  # the mailbox of another request, whose share is still in the air
            return
        for holder in self._holders():
            if _mailbox(holder.email) == mailbox:
                if self._is_going(holder.permission):
                    self._report.unsettled += 1
                else:
                    self._keep_found(share, holder.permission)
                return
        self._ask(share, None)

    def _ask(self, share: Share, earlier: Attempt | None) -> None:
        before = earlier.before if earlier else self._not_ours()
        asked = replace(share, role=self._role, said=Attempt(self._clock.now(), before).text())
        self._save(asked)
        try:
            answer = self._sharing.share(asked.file, asked.email, asked.role)
        except SaphanError:
            self._unask(share, earlier)
            raise
        self._seen = None
        if answer.fate is Fate.UNKNOWN:
            self._report.unsettled += 1
        elif answer.fate is Fate.DONE and self._is_going(answer.permission):
            self._report.unsettled += 1  # it could be undone yet: again when that is settled
            self._unask(share, earlier)
        elif answer.fate is Fate.DONE and answer.permission in before:
            self._keep_found(asked, answer.permission)  # another address of an account that was there
        elif answer.fate is Fate.DONE:
            said = Attempt(earlier.at).text() if earlier else ""
            self._save(replace(asked, state=ShareState.SHARED, permission=answer.permission, said=said))
            self._report.shared += 1
        else:
            self._save(replace(asked, state=ShareState.REFUSED, said=answer.said))
            self._report.refused += 1

    def _unask(self, share: Share, earlier: Attempt | None) -> None:
        """As if it had not been asked for."""
        if earlier is None:
            self._forget(share)
        else:
            self._save(share)

    def _keep_found(self, share: Share, permission: str) -> None:
        """Of an account that could open the file already: by us, for another request, or not by us."""
        ours = self._is_ours(permission, but=share.request)
        self._report.foreign += not ours
        state = ShareState.SHARED if ours else ShareState.FOREIGN
        self._save(replace(share, state=state, permission=permission, said=""))

    # small steps

    def _is_ours(self, permission: str, *, but: str) -> bool:
        return any(
            share.state is ShareState.SHARED and share.permission == permission and share.request != but
            for share in self._known.values()
        )

    def _not_ours(self) -> frozenset[str]:
        states = (ShareState.SHARED, ShareState.SHARING)
        ours = {share.permission for share in self._known.values() if share.state in states}
        return frozenset(holder.permission for holder in self._holders()) - ours

    def _is_going(self, permission: str) -> bool:
        return any(_is_open(share) and share.permission == permission for share in self._known.values())

    def _may_be_done_yet(self, attempt: Attempt | None) -> bool:
        return attempt is not None and self._clock.now() - attempt.at < SETTLED_AFTER

    def _holders(self) -> Sequence[Holder]:
        if self._seen is None:
            self._seen = self._sharing.holders(self._file)
        return self._seen

    def _save(self, share: Share) -> None:
        self._shares.save(share)
        self._known[share.request] = share

    def _forget(self, share: Share) -> None:
        self._shares.remove(share.request, share.file)
        del self._known[share.request]


def _is_open(share: Share) -> bool:
    return share.state is ShareState.SHARING


def _mailbox(email: str) -> str:
    """One form for the spellings of one Google account."""
    return email_key(email, fold_gmail=True)

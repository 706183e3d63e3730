"""What every outbox must do (bridge/application/ports/outbox.py). A backend joins by a bench in BENCHES."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from bridge.application.errors import ConfigurationError
from bridge.application.ports.outbox import Message, Outbox, Reason, Settlement, State, message_id_for
from tests.contract.ledgers import BACKENDS, outbox_bench
from tests.integration.mail.scratch_outbox import ScratchOutbox

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=72)
MINUTE = timedelta(minutes=1)


class Bench(Outbox, Protocol):
    """The outbox, and what other parts of the program do to it."""

    def enqueue(
        self, key: str, recipient: str, template: str, context: Mapping[str, object], at: datetime
    ) -> None: ...
    def withdraw(self, key: str) -> None: ...
    def mark_restored(self) -> None: ...
    def message(self, key: str) -> Message: ...
    def link_opens(self, link: str) -> bool: ...
    def close(self) -> None: ...


BENCHES: dict[str, Callable[[pytest.Config], Bench]] = {
    "memory": lambda _: ScratchOutbox(),
    **{backend: outbox_bench(backend) for backend in BACKENDS},
}


@pytest.fixture(params=sorted(BENCHES))
def outbox(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = BENCHES[request.param](request.config)
    yield bench
    bench.close()


def put(outbox: Bench, *keys: str, at: datetime = NOW) -> None:
    for key in keys:
        outbox.enqueue(
            key, f"{key}@example.go.th", "activation", {"person": "สมศรี", "contact": ["a", "b"]}, at
        )


def state(outbox: Bench, key: str) -> State:
    return outbox.message(key).state


def test_claims_come_oldest_first_and_each_once(outbox: Bench) -> None:
    put(outbox, "b", "a", "c")
    claims = [outbox.claim(NOW, NOW, UNTIL) for _ in range(4)]
    assert [claim and claim.message.key for claim in claims] == ["b", "a", "c", None]
    assert [message.key for message in outbox.sending()] == ["b", "a", "c"]
    assert not outbox.queued()


def test_a_claim_carries_what_the_letter_needs(outbox: Bench) -> None:
    put(outbox, "a")
    claim = outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    assert (claim.recipient, claim.template) == ("a@example.go.th", "activation")
    assert dict(claim.context) == {"person": "สมศรี", "contact": ["a", "b"]}
    assert claim.message == outbox.message("a")
    assert claim.message.state is State.SENDING
    assert claim.message.claimed_at == NOW
    assert claim.message.message_id.startswith("<")


def test_the_link_is_new_at_each_claim_and_in_no_repr(outbox: Bench) -> None:
    put(outbox, "a")
    first = outbox.claim(NOW, NOW, UNTIL)
    assert first is not None
    assert outbox.link_opens(first.link)
    assert first.link not in repr(first)
    outbox.settle(first.message, Settlement(State.QUEUED, NOW, next_try=NOW))
    second = outbox.claim(NOW, NOW + MINUTE, UNTIL)
    assert second is not None
    assert second.link != first.link
    assert outbox.link_opens(second.link)
    assert not outbox.link_opens(first.link)


def test_only_what_is_due_is_claimed(outbox: Bench) -> None:
    put(outbox, "late", at=NOW + MINUTE)
    put(outbox, "now")
    assert outbox.count_due(NOW) == 1
    assert outbox.count_due(NOW + MINUTE) == 2
    claim = outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    assert claim.message.key == "now"
    assert outbox.claim(NOW, NOW, UNTIL) is None


@pytest.mark.parametrize("end", [State.SENT, State.FAILED, State.HELD, State.QUEUED])
def test_settling_moves_a_message_once(outbox: Bench, end: State) -> None:
    put(outbox, "a")
    claim = outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    settlement = Settlement(end, NOW, Reason.NONE, "250 ok", 3, NOW + MINUTE if end is State.QUEUED else None)
    assert outbox.settle(claim.message, settlement)
    assert state(outbox, "a") is end
    assert outbox.message("a").attempts == 3
    assert not outbox.settle(claim.message, Settlement(State.FAILED, NOW))
    assert state(outbox, "a") is end


def test_a_settlement_of_an_earlier_claim_changes_nothing(outbox: Bench) -> None:
    put(outbox, "a")
    first = outbox.claim(NOW, NOW, UNTIL)
    assert first is not None
    outbox.settle(first.message, Settlement(State.QUEUED, NOW, next_try=NOW))
    assert outbox.claim(NOW, NOW + MINUTE, UNTIL) is not None
    assert not outbox.settle(first.message, Settlement(State.SENT, NOW))
    assert state(outbox, "a") is State.SENDING


def test_a_requeued_message_waits_and_keeps_its_place(outbox: Bench) -> None:
    put(outbox, "a", "b")
    claim = outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    outbox.settle(claim.message, Settlement(State.QUEUED, NOW, Reason.LATER, "451", 1, NOW + MINUTE))
    assert [message.key for message in outbox.queued()] == ["a", "b"]
    following = outbox.claim(NOW, NOW, UNTIL)
    assert following is not None
    assert following.message.key == "b"
    again = outbox.claim(NOW + MINUTE, NOW + MINUTE, UNTIL)
    assert again is not None
    assert (again.message.key, again.message.attempts) == ("a", 1)


def test_a_queued_message_can_be_settled_too(outbox: Bench) -> None:
    put(outbox, "a")
    assert outbox.settle(outbox.queued()[0], Settlement(State.HELD, NOW, Reason.RESTORED))
    assert state(outbox, "a") is State.HELD


def test_withdrawn_before_the_claim_is_never_claimed(outbox: Bench) -> None:
    put(outbox, "a")
    outbox.withdraw("a")
    assert state(outbox, "a") is State.CANCELLED
    assert outbox.count_due(NOW) == 0
    assert outbox.claim(NOW, NOW, UNTIL) is None


def test_withdrawn_while_sending_does_not_go_back_to_the_queue(outbox: Bench) -> None:
    put(outbox, "a", "b")
    first, second = (outbox.claim(NOW, NOW, UNTIL) for _ in range(2))
    assert first is not None
    assert second is not None
    outbox.withdraw("a")
    outbox.withdraw("b")
    outbox.settle(first.message, Settlement(State.QUEUED, NOW, next_try=NOW))
    outbox.settle(second.message, Settlement(State.SENT, NOW))
    assert state(outbox, "a") is State.CANCELLED
    assert state(outbox, "b") is State.SENT


def test_the_days_count_is_of_what_may_have_reached_the_service(outbox: Bench) -> None:
    put(outbox, "sent", "held", "failed", "back", "sending", "queued")
    claims = {claim.message.key: claim for _ in range(5) if (claim := outbox.claim(NOW, NOW, UNTIL))}
    outbox.settle(claims["sent"].message, Settlement(State.SENT, NOW))
    outbox.settle(claims["held"].message, Settlement(State.HELD, NOW))
    outbox.settle(claims["failed"].message, Settlement(State.FAILED, NOW))
    outbox.settle(claims["back"].message, Settlement(State.QUEUED, NOW, next_try=NOW))
    assert outbox.count_claimed_since(NOW) == 3
    assert outbox.count_claimed_since(NOW + MINUTE) == 0


def test_defer_moves_earlier_tries_only(outbox: Bench) -> None:
    put(outbox, "a", "b")
    put(outbox, "far", at=NOW + 10 * MINUTE)
    assert outbox.defer(NOW + 5 * MINUTE, Reason.QUOTA_COUNTED) == 2
    assert outbox.count_due(NOW + 4 * MINUTE) == 0
    assert outbox.count_due(NOW + 5 * MINUTE) == 2
    assert outbox.count_due(NOW + 10 * MINUTE) == 3
    assert outbox.defer(NOW + 5 * MINUTE, Reason.QUOTA_COUNTED) == 0


@pytest.mark.parametrize("end", list(State))
def test_resend_takes_what_has_come_to_an_end(outbox: Bench, end: State) -> None:
    put(outbox, "a")
    if end is State.CANCELLED:
        outbox.withdraw("a")
    elif end is not State.QUEUED:
        claim = outbox.claim(NOW, NOW, UNTIL)
        assert claim is not None
        if end is not State.SENDING:
            outbox.settle(claim.message, Settlement(end, NOW, attempts=4))
    before = outbox.message("a")
    allowed = end in (State.HELD, State.FAILED, State.SENT)
    assert outbox.resend("a", "a-2", "<2@example.go.th>", NOW) is allowed
    after = outbox.message("a")
    if not allowed:
        assert after == before
        return
    assert (after.state, after.letter_key, after.message_id, after.attempts) == (
        State.QUEUED,
        "a-2",
        "<2@example.go.th>",
        0,
    )
    assert outbox.count_due(NOW) == 1


def test_resend_refuses_what_is_withdrawn_or_unknown(outbox: Bench) -> None:
    put(outbox, "a")
    claim = outbox.claim(NOW, NOW, UNTIL)
    assert claim is not None
    outbox.withdraw("a")
    outbox.settle(claim.message, Settlement(State.HELD, NOW))
    assert not outbox.resend("a", "a-2", "<2@example.go.th>", NOW)
    assert not outbox.resend("nobody", "n-2", "<3@example.go.th>", NOW)


def test_restored_until_reconciled(outbox: Bench) -> None:
    assert not outbox.restored_from_backup()
    outbox.mark_restored()
    assert outbox.restored_from_backup()
    outbox.reconciled()
    assert not outbox.restored_from_backup()


def test_a_message_id_follows_from_the_key_alone() -> None:
    assert message_id_for("a", "example.go.th") == message_id_for("a", "example.go.th")
    assert message_id_for("a", "example.go.th") != message_id_for("a-1", "example.go.th")
    with pytest.raises(ConfigurationError):
        message_id_for("a", "example.go.th>\r\nBcc: x")

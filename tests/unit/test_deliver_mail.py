"""Delivery of the outbox, with a service that remembers what it took (sync.md, step 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.application.deliver_mail import (
    BANGKOK,
    DeliverMail,
    DeliverySettings,
    tomorrow,
    without_link,
)
from bridge.application.errors import ConfigurationError, OutsideError
from bridge.application.ports.mail import Fate, Letter, Outcome
from bridge.application.ports.outbox import Reason, Settlement, State
from tests.integration.mail.scratch_outbox import DOMAIN, ScratchOutbox

NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # 12:00 in Bangkok
DELAY = timedelta(minutes=11)
SENT = Outcome(Fate.SENT)


class ManualClock:
    def __init__(self, now: datetime = NOON) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **parts: float) -> None:
        self.time += timedelta(**parts)


class PlainRenderer:
    def render(self, template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
        if template == "broken":
            raise ConfigurationError("mail_template", template=template, said="'nobody' is undefined")
        return (
            f"{context['office']}",
            f"{context['person']} {context['link']} {context['valid_hours']}",
            "<p></p>",
        )


class Crash(BaseException):
    """The process dies here."""


class Service:
    """`answers[key]` are what it says to a letter, one by one, then SENT; `taken` is what it took."""

    def __init__(self, evidence_delay: timedelta = DELAY) -> None:
        self.evidence_delay = evidence_delay
        self.answers: dict[str, list[Outcome | BaseException]] = {}
        self.taken: list[Letter] = []
        self.refuses_session: OutsideError | None = None
        self.knows: bool = True  # whether its evidence can be asked for
        self.unreadable = False
        self.sessions = 0
        self.watch: Callable[[Letter], None] = lambda letter: None

    @contextmanager
    def session(self) -> Iterator[Service]:
        if self.refuses_session:
            raise self.refuses_session
        self.sessions += 1
        yield self

    def send(self, letter: Letter) -> Outcome:
        self.watch(letter)
        answers = self.answers.get(letter.key, [])
        answer = answers.pop(0) if answers else SENT
        if isinstance(answer, BaseException):
            raise answer
        if answer.fate is Fate.SENT or answer.reason == "taken":
            self.taken.append(letter)
        return answer

    def evidence(self, message_id: str, key: str) -> bool | None:
        if self.unreadable:
            raise OutsideError("imap_unreadable")
        if not self.knows:
            return None
        return any(letter.message_id == message_id or letter.key == key for letter in self.taken)

    def count(self, recipient_key: str) -> int:
        return sum(letter.recipient == f"{recipient_key}@example.go.th" for letter in self.taken)


class World:
    def __init__(self, chance: float = 0.5, evidence_delay: timedelta = DELAY, **options: object) -> None:
        self.clock = ManualClock()
        self.outbox = ScratchOutbox()
        self.service = Service(evidence_delay)
        common = {"office": "สำนักงานตัวอย่าง", "contact": []}
        values = {"message_domain": DOMAIN, "common": common, **options}
        self.case = DeliverMail(
            self.outbox,
            self.service,
            PlainRenderer(),
            self.clock,
            DeliverySettings(**values),  # type: ignore[arg-type]
            chance=lambda: chance,
        )

    def put(self, *keys: str, template: str = "activation") -> None:
        for key in keys:
            self.outbox.enqueue(
                key, f"{key}@example.go.th", template, {"person": "Somsri Jaidee"}, self.clock.now()
            )

    def row(self, key: str) -> dict[str, object]:
        return self.outbox.row(key)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.outbox.close()


def test_everything_due_is_sent_once_and_in_order(world: World) -> None:
    world.put("a", "b", "c")
    report = world.case.deliver()
    assert [letter.key for letter in world.service.taken] == ["a", "b", "c"]
    assert world.outbox.states() == {"a": "sent", "b": "sent", "c": "sent"}
    assert (report.sent, report.waiting, report.trouble, world.service.sessions) == (3, 0, None, 1)
    assert world.row("a")["settled_at"] == NOON.isoformat()
    assert world.case.deliver().sent == 0
    assert len(world.service.taken) == 3


def test_nothing_due_opens_no_session(world: World) -> None:
    world.service.refuses_session = OutsideError("mail_unreachable")
    assert world.case.deliver().sent == 0


def test_the_claim_is_committed_before_the_service_is_touched(world: World) -> None:
    world.put("a", "b")
    seen: list[dict[str, str]] = []
    world.service.watch = lambda letter: seen.append(world.outbox.states())
    world.case.deliver()
    assert seen == [{"a": "sending", "b": "queued"}, {"a": "sent", "b": "sending"}]


def test_the_letter_carries_a_link_that_the_ledger_knows_by_its_hash_for_72_hours(world: World) -> None:
    world.put("a")
    world.case.deliver()
    person, _, link, hours = world.service.taken[0].text.split()
    assert (person, hours) == ("Somsri", "72")
    assert world.outbox.link_opens(link)
    row = world.row("a")
    assert link.rstrip("/").rpartition("/")[2] not in str(row)
    assert datetime.fromisoformat(str(row["link_until"])) == NOON + timedelta(hours=72)


def test_a_session_that_does_not_open_claims_nothing(world: World) -> None:
    world.put("a")
    world.service.refuses_session = OutsideError("mail_login_refused")
    with pytest.raises(OutsideError):
        world.case.deliver()
    assert world.row("a")["state"] == "queued"
    assert world.row("a")["claimed_at"] is None


def test_a_refused_letter_stops_and_the_others_go_on(world: World) -> None:
    world.put("a", "b", "c")
    world.service.answers["b"] = [Outcome(Fate.REFUSED, "550 5.1.1 no such user")]
    report = world.case.deliver()
    assert world.outbox.states() == {"a": "sent", "b": "failed", "c": "sent"}
    assert (world.row("b")["reason"], world.row("b")["said"]) == ("refused", "550 5.1.1 no such user")
    assert (report.sent, report.failed) == (2, 1)
    world.clock.pass_by(days=2)
    world.case.deliver()
    assert world.service.count("b") == 0


def test_the_mailers_own_refusal_is_told_by_its_code(world: World) -> None:
    world.put("a")
    world.service.answers["a"] = [Outcome(Fate.REFUSED, Reason.UNSAFE_HEADER)]
    world.case.deliver()
    assert (world.row("a")["reason"], world.row("a")["said"]) == ("unsafe_header", "")


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_a_passing_refusal_waits_for_its_jitter_and_holds_up_nobody(chance: float) -> None:
    world = World(chance)
    world.put("a", "b")
    world.service.answers["a"] = [Outcome(Fate.LATER, "451 greylisted")] * 3
    report = world.case.deliver()
    assert world.outbox.states() == {"a": "queued", "b": "sent"}
    assert (report.later, report.waiting, world.row("a")["attempts"]) == (1, 1, 1)
    wait = float(str(world.row("a")["next_try"])) - NOON.timestamp()
    assert wait == pytest.approx(max(1.0, 60 * chance))
    for doubling in (2, 4):
        world.clock.time = datetime.fromtimestamp(float(str(world.row("a")["next_try"])), UTC)
        now = world.clock.time.timestamp()
        world.case.deliver()
        wait = float(str(world.row("a")["next_try"])) - now
        assert wait == pytest.approx(max(1.0, 60 * doubling * chance))
    world.clock.pass_by(hours=6)
    world.case.deliver()
    assert world.row("a")["state"] == "sent"
    assert world.service.count("a") == 1


def test_waits_never_pass_the_cap_and_attempts_end(world: World) -> None:
    world = World(0.9999)
    world.put("a")
    world.service.answers["a"] = [Outcome(Fate.LATER, "451 busy")] * 20
    waits = []
    for _ in range(11):
        world.case.deliver()
        waits.append(float(str(world.row("a")["next_try"])) - world.clock.time.timestamp())
        world.clock.pass_by(hours=6)
    assert max(waits) <= 6 * 3600
    assert world.row("a")["state"] == "queued"
    report = world.case.deliver()
    assert report.failed == 1
    row = world.row("a")
    assert (row["state"], row["reason"], row["said"], row["attempts"]) == (
        "failed",
        "gave_up",
        "451 busy",
        12,
    )


def test_a_template_that_breaks_touches_its_own_letters_only(world: World) -> None:
    world.put("a", template="broken")
    world.put("b")
    report = world.case.deliver()
    assert world.outbox.states() == {"a": "queued", "b": "sent"}
    assert world.row("a")["reason"] == "template"
    assert report.trouble is not None
    assert report.trouble.code == "mail_template"


def test_withdrawn_before_the_claim_is_not_sent(world: World) -> None:
    world.put("a", "b")
    world.service.watch = lambda letter: world.outbox.withdraw("b")
    world.case.deliver()
    assert world.outbox.states() == {"a": "sent", "b": "cancelled"}
    assert world.service.count("b") == 0


# the day's allowance


def test_our_own_count_stops_at_the_limit_and_goes_on_tomorrow() -> None:
    world = World(daily_limit=3)
    world.put(*"abcde")
    report = world.case.deliver()
    assert (report.sent, report.queued_for_tomorrow, report.quota_left, report.waiting) == (3, 2, 0, 2)
    assert report.quota is Reason.QUOTA_COUNTED
    world.clock.time = datetime(2026, 3, 2, 23, 59, tzinfo=BANGKOK)
    world.put("f")
    assert world.case.deliver().sent == 0
    world.clock.time = datetime(2026, 3, 3, 0, 4, tzinfo=BANGKOK)
    assert world.case.deliver().sent == 0
    world.clock.time = datetime(2026, 3, 3, 0, 5, tzinfo=BANGKOK)
    assert world.case.deliver().sent == 3
    assert [letter.key for letter in world.service.taken] == list("abcdef")


def test_what_may_have_been_taken_counts_against_the_allowance() -> None:
    world = World(daily_limit=2)
    world.put(*"abc")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "lost")]
    report = world.case.deliver()
    assert (report.sent, report.unsettled, report.queued_for_tomorrow) == (1, 1, 1)


def test_refusals_do_not_use_up_the_allowance() -> None:
    world = World(daily_limit=2)
    world.put(*"abc")
    world.service.answers["a"] = [Outcome(Fate.REFUSED, "550")]
    assert world.case.deliver().sent == 2


def test_the_services_quota_stops_the_run_and_drops_nothing(world: World) -> None:
    world.put(*"abcd")
    world.service.answers["b"] = [Outcome(Fate.QUOTA, "550 5.4.5 Daily user sending limit exceeded")]
    report = world.case.deliver()
    assert world.outbox.states() == {"a": "sent", "b": "queued", "c": "queued", "d": "queued"}
    assert (report.sent, report.queued_for_tomorrow, report.quota_left) == (1, 3, 0)
    assert report.quota is Reason.QUOTA_SERVICE
    assert world.row("b")["attempts"] == 0
    next_try = datetime(2026, 3, 3, 0, 5, tzinfo=BANGKOK).timestamp()
    assert {world.row(key)["next_try"] for key in "bcd"} == {next_try}
    world.clock.time = datetime(2026, 3, 3, 0, 5, tzinfo=BANGKOK)
    assert world.case.deliver().sent == 3
    assert [letter.key for letter in world.service.taken] == list("abcd")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_tomorrow_is_the_next_bangkok_day(now: datetime) -> None:
    then = tomorrow(now)
    assert now < then <= now + timedelta(days=1, minutes=5)
    assert (then.hour, then.minute) == (0, 5)
    assert then.date() == (now + timedelta(hours=7)).date() + timedelta(days=1)


# answers that nobody heard


@pytest.mark.parametrize("taken", [True, False])
def test_an_unknown_fate_is_settled_by_evidence_after_the_delay(world: World, taken: bool) -> None:
    world.put("a", "b")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "taken" if taken else "lost")]
    assert world.case.deliver().unsettled == 1
    assert world.outbox.states() == {"a": "sending", "b": "sent"}
    world.clock.pass_by(minutes=10, seconds=59)
    assert world.case.deliver().unsettled == 1
    assert world.row("a")["state"] == "sending"
    world.clock.pass_by(seconds=1)
    assert world.case.deliver().sent == 1
    assert world.row("a")["state"] == "sent"
    assert world.service.count("a") == 1


def test_without_evidence_it_is_held_for_a_person(world: World) -> None:
    world.put("a")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "taken")]
    world.service.knows = False
    world.case.deliver()
    world.clock.pass_by(minutes=11)
    assert world.case.deliver().held == 1
    assert (world.row("a")["state"], world.row("a")["reason"]) == ("held", "no_evidence")
    world.clock.pass_by(days=9)
    world.case.deliver()
    assert world.service.count("a") == 1


def test_evidence_that_cannot_be_read_now_is_asked_again_but_not_for_ever(world: World) -> None:
    world.put("a", "b")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "taken")]
    world.service.unreadable = True
    world.case.deliver()
    world.clock.pass_by(minutes=30)
    world.put("c")
    report = world.case.deliver()
    assert (report.unsettled, report.sent) == (1, 1)
    assert report.trouble is not None
    assert world.row("a")["state"] == "sending"
    world.clock.pass_by(days=1)
    assert world.case.deliver().held == 1


def test_conclusive_evidence_settles_at_once() -> None:
    world = World(evidence_delay=timedelta(0))
    world.put("a")
    world.service.answers["a"] = [Crash()]
    with pytest.raises(Crash):
        world.case.deliver()
    assert world.case.deliver().sent == 1
    assert world.service.count("a") == 1


def test_proof_that_it_was_not_taken_counts_as_an_attempt() -> None:
    world = World(max_attempts=3)
    world.put("poison", "b")
    world.service.answers["poison"] = [RuntimeError("a bug that every run meets")] * 9
    for _ in range(4):
        with suppress(RuntimeError):
            world.case.deliver()
        world.clock.pass_by(minutes=11)
    assert world.outbox.states() == {"poison": "failed", "b": "sent"}


def test_a_service_that_keeps_dropping_answers_does_not_get_the_whole_outbox(world: World) -> None:
    keys = [f"m{number}" for number in range(9)]
    world.put(*keys)
    for key in keys:
        world.service.answers[key] = [Outcome(Fate.UNKNOWN, "lost")]
    report = world.case.deliver()
    assert report.trouble is not None
    assert report.trouble.code == "mail_unsteady"
    assert (report.unsettled, report.waiting) == (3, 6)


def test_a_connection_that_does_not_come_back_returns_the_letter_unharmed(world: World) -> None:
    world.put("a", "b", "c")
    world.service.answers["b"] = [OutsideError("mail_unreachable")]
    report = world.case.deliver()
    assert report.trouble is not None
    assert report.trouble.code == "mail_unreachable"
    assert world.outbox.states() == {"a": "sent", "b": "queued", "c": "queued"}
    assert world.row("b")["attempts"] == 0
    world.clock.pass_by(minutes=1)
    assert world.case.deliver().sent == 2


@pytest.mark.parametrize("after_sending", [False, True])
def test_a_crash_at_the_settling_never_doubles(world: World, after_sending: bool) -> None:
    world.put("a", "b")
    settle = world.outbox.settle

    def dies(message: object, settlement: object) -> bool:
        raise Crash

    if after_sending:
        world.outbox.settle = dies  # type: ignore[method-assign, assignment]
    else:
        world.service.answers["a"] = [Crash()]
    with pytest.raises(Crash):
        world.case.deliver()
    world.outbox.settle = settle  # type: ignore[method-assign]
    assert world.row("a")["state"] == "sending"
    world.case.deliver()
    world.clock.pass_by(minutes=11)
    world.case.deliver()
    assert world.outbox.states() == {"a": "sent", "b": "sent"}
    assert (world.service.count("a"), world.service.count("b")) == (1, 1)


ANSWERS = st.sampled_from(
    [
        SENT,
        Outcome(Fate.LATER, "451"),
        Outcome(Fate.REFUSED, "550"),
        Outcome(Fate.QUOTA, "550 5.4.5"),
        Outcome(Fate.UNKNOWN, "taken"),
        Outcome(Fate.UNKNOWN, "lost"),
        OutsideError("mail_unreachable"),
        Crash(),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(st.lists(ANSWERS, max_size=4), min_size=1, max_size=5),
    minutes=st.lists(st.integers(1, 400), max_size=8),
)
def test_whatever_the_service_does_nobody_gets_two_and_nobody_is_forgotten(
    script: list[list[Outcome | BaseException]], minutes: list[int]
) -> None:
    world = World()
    keys = [f"m{number}" for number in range(len(script))]
    world.put(*keys)
    world.service.answers = {key: list(answers) for key, answers in zip(keys, script, strict=True)}
    for wait in [*minutes, *([1500] * 30)]:
        with suppress(Crash):
            world.case.deliver()
        world.clock.pass_by(minutes=wait)
    for key in keys:
        state = world.row(key)["state"]
        assert state in ("sent", "failed")
        assert world.service.count(key) == (1 if state == "sent" else 0)
    world.outbox.close()


# a person, and a restored ledger


def test_resend_makes_a_new_letter_that_old_evidence_does_not_answer_for(world: World) -> None:
    world.put("a")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "taken")]
    world.service.knows = False
    world.case.deliver()
    first_id = world.row("a")["message_id"]
    assert not world.case.resend("a")
    world.clock.pass_by(minutes=11)
    world.case.deliver()
    assert world.case.resend("a")
    assert not world.case.resend("a")
    assert world.row("a")["message_id"] != first_id
    world.service.knows = True
    world.service.answers[str(world.row("a")["letter_key"])] = [Outcome(Fate.UNKNOWN, "lost")]
    world.case.deliver()
    world.clock.pass_by(minutes=11)
    world.case.deliver()
    assert world.row("a")["state"] == "sent"
    assert [letter.message_id == first_id for letter in world.service.taken] == [True, False]


@pytest.mark.parametrize("state", [State.QUEUED, State.CANCELLED])
def test_resend_leaves_other_states_alone(world: World, state: State) -> None:
    world.put("a")
    if state is State.CANCELLED:
        world.outbox.withdraw("a")
    before = world.row("a")
    assert not world.case.resend("a")
    assert world.row("a") == before


def test_resend_gives_a_new_link_where_the_first_one_expired(world: World) -> None:
    world.put("a")
    world.case.deliver()
    assert world.case.resend("a")
    world.case.deliver()
    first, second = world.service.taken
    assert first.message_id != second.message_id
    assert world.row("a")["state"] == "sent"


def test_a_restored_ledger_sends_nothing_until_reconciled(world: World) -> None:
    world.put("taken", "new")
    world.service.taken.append(
        Letter("taken", str(world.row("taken")["message_id"]), "taken@example.go.th", "", "", "")
    )
    world.outbox.mark_restored()
    report = world.case.deliver()
    assert report.restored
    assert world.outbox.states() == {"taken": "sent", "new": "queued"}
    assert (world.service.sessions, world.service.count("taken"), world.service.count("new")) == (0, 1, 0)
    world.outbox.reconciled()
    world.case.deliver()
    assert (world.service.count("taken"), world.service.count("new")) == (1, 1)


def test_a_restored_ledger_without_evidence_holds_what_is_queued(world: World) -> None:
    world.put("a")
    world.service.knows = False
    world.outbox.mark_restored()
    assert world.case.reconcile_restored().held == 1
    assert (world.row("a")["state"], world.row("a")["reason"]) == ("held", "restored")


def test_a_restored_ledger_stays_unreconciled_while_evidence_is_out_of_reach(world: World) -> None:
    world.put("a")
    world.service.unreadable = True
    world.outbox.mark_restored()
    with pytest.raises(OutsideError):
        world.case.reconcile_restored()
    assert world.row("a")["state"] == "queued"


def test_a_restored_ledger_settles_what_was_sending(world: World) -> None:
    world.put("a")
    world.service.answers["a"] = [Outcome(Fate.UNKNOWN, "taken")]
    world.case.deliver()
    world.outbox.mark_restored()
    world.clock.pass_by(hours=1)
    assert world.case.deliver().sent == 1
    assert world.service.count("a") == 1


def test_a_settlement_that_came_too_late_is_not_counted(world: World) -> None:
    world.put("a")
    world.service.watch = lambda letter: (
        world.outbox.settle(world.outbox.message("a"), Settlement(State.HELD, NOON)) and None
    )
    report = world.case.deliver()
    assert report.sent == 0
    assert world.row("a")["state"] == "held"


@pytest.mark.parametrize(
    "said",
    [
        "554 5.7.1 blocked: https://saphan.example.go.th/activate/Zm9vYmFyYmF6/",
        "554 url path /activate/Zm9vYmFyYmF6 is listed",
    ],
)
def test_the_services_words_lose_the_link(said: str) -> None:
    words = without_link(said, "https://saphan.example.go.th/activate/Zm9vYmFyYmF6/")
    assert "Zm9vYmFyYmF6" not in words
    assert words.startswith("554")


def test_the_services_words_keep_the_address_of_its_help() -> None:
    said = "550 5.4.5 see https://support.example.com/mail/answer/22839"
    assert without_link(said, "https://saphan.example.go.th/a?token=secretsecret") == said

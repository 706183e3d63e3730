"""Every use case, built from the same ports."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.adapters.mail.render import MailRenderer
from bridge.adapters.workbooks.google import GoogleWorkbook
from bridge.adapters.workbooks.google_summary import GoogleSummaryBook
from bridge.application.access_round import AccessRound
from bridge.application.approve_access import ApproveAccess
from bridge.application.case_money import CaseMoney
from bridge.application.cases_round import CasesRound
from bridge.application.connect import ConnectLine
from bridge.application.count_cases import CountCases
from bridge.application.decide_reviews import DecideReviews
from bridge.application.deliver_mail import DeliverMail, DeliverySettings
from bridge.application.derive_cases import DeriveCases
from bridge.application.figures import KeptFigures
from bridge.application.import_register import ImportRegister
from bridge.application.ingest import AddCases, IngestAccess, IngestCases, Intaker
from bridge.application.limits import Limits
from bridge.application.missing_papers import MissingPapers
from bridge.application.overview import Overview
from bridge.application.ports.forms import FormSource
from bridge.application.ports.reviews import ReviewKind, ReviewState
from bridge.application.ports.workbooks import Workbook
from bridge.application.preflight import Preflight
from bridge.application.reconcile import TableRules, TableSync
from bridge.application.restore import Restore
from bridge.application.review_list import ReviewList
from bridge.application.share_access import ShareAccess, ShareReport, SharingSettings
from bridge.application.submit import SubmitCase
from bridge.application.summarise import Summarise
from bridge.application.tombstones import Tombstones
from bridge.bootstrap.advice import advice
from bridge.bootstrap.limits import build_limits, build_missing_papers
from bridge.bootstrap.matches import build_match_cases, build_matching
from bridge.bootstrap.ports import Ports, domain_of, secret_key
from bridge.config import Province
from bridge.config_google import file_id
from bridge.domain.access import AccessWords, Role, State
from bridge.domain.intake import Form
from bridge.domain.register_rows import RegisterReader
from bridge.domain.summary import Categories
from bridge.domain.summary_tables import SummaryWords
from bridge.domain.tombstones import Seal
from bridge.domain.values.places import Places
from bridge.messages import Messages
from bridge.workspace import TEMPLATES, Workspace


@dataclass(frozen=True)
class UseCases:
    """Builds each use case from the same ports."""

    workspace: Workspace
    province: Province
    ports: Ports
    messages: Messages
    places: Places

    @property
    def review_list(self) -> ReviewList:
        reviews = self.province.reviews
        return ReviewList(
            self.ports.reviews,
            self.ports.rows,
            self.ports.clock,
            self.messages,
            {kind: getattr(reviews.kinds, kind.value) for kind in ReviewKind},
            {state: getattr(reviews.states, state.value) for state in ReviewState},
            {
                column.key: column.header
                for name in ("access", "cases")
                for column in self.province.table(name).columns
            },
        )

    @property
    def case_rules(self) -> TableRules:
        anchors = ("submitted_at", "person_name", "problem")
        return TableRules(self.province.table("cases"), anchors, "review", guard_loss=True)

    @property
    def review_rules(self) -> TableRules:
        return TableRules(self.province.table("reviews"), ("found_at", "reason"), "status", guard_loss=False)

    @property
    def access_rules(self) -> TableRules:
        anchors = ("email", "first_name", "last_name")
        return TableRules(self.province.table("access"), anchors, "note", guard_loss=True)

    def _intaker(self, source: FormSource, form: Form) -> Intaker:
        return Intaker(source, form, self.ports.journal, self.review_list, self.messages)

    def ingest_cases(self) -> IngestCases:
        ports = self.ports
        return IngestCases(
            self._intaker(ports.case_form, self.province.form("cases")),
            self._add_cases(),
            ports.cases,
            ports.rows,
            ports.journal,
            self.review_list,
            self.places,
            self.tombstones,
        )

    def _add_cases(self) -> AddCases:
        ports, code = self.ports, self.province.province.code
        return AddCases(ports.cases, ports.rows, ports.clock, self.places, code, self.tombstones)

    @property
    def tombstones(self) -> Tombstones:
        return Tombstones(self.seal, self.ports.erasures)

    @property
    def seal(self) -> Seal:
        return Seal(secret_key(self.workspace.secret_key))

    def submit_case(self) -> SubmitCase:
        ports, rules = self.ports, self.province.workflow()
        return SubmitCase(
            self._add_cases(),
            ports.cases,
            ports.rows,
            ports.journal,
            ports.clock,
            self.places,
            rules,
            ports.attachments,
            self.tombstones,
            build_match_cases(self.workspace, self.province, ports),
        )

    def import_register(self) -> ImportRegister:
        ports, part = self.ports, self.province.register_
        return ImportRegister(
            ports.cases,
            ports.register_imports,
            ports.refused_rows,
            ports.journal,
            ports.clock,
            self.messages,
            RegisterReader(part.columns, part.required, self.places),
            {column: titles[0] for column, titles in part.columns.items()},
            self.tombstones,
        )

    def ingest_access(self) -> IngestAccess:
        ports = self.ports
        form = self.province.form("access")
        web = replace(form, name="access_web", response_id_titles=("response_id",))
        return IngestAccess(
            [self._intaker(ports.web_answers.requests(web), web), self._intaker(ports.access_form, form)],
            ports.accounts,
            ports.rows,
            ports.journal,
            ports.clock,
            self.province.access.fold_gmail,
        )

    def _sync(self, rules: TableRules, book: Workbook) -> TableSync:
        return TableSync(rules, self.ports.rows, self.ports.journal, self.messages, book.max_text)

    def decide_reviews(self) -> DecideReviews:
        return DecideReviews(
            self.ports.reviews,
            self.review_list,
            self.ports.rows,
            self.ports.journal,
            self.province.reviews.decisions.model_dump(),
            self.messages.text("flag", "decision_unknown"),
        )

    def cases_round(self) -> CasesRound:
        ports, province = self.ports, self.province
        review_list = self.review_list
        return CasesRound(
            ports.cases_book,
            self._sync(self.case_rules, ports.cases_book),
            self._sync(self.review_rules, ports.cases_book),
            ports.cases,
            ports.rows,
            ports.journal,
            review_list,
            self.decide_reviews(),
            self._derive(review_list),
            ports.clock,
            province.province.code,
            self.tombstones,
            self.messages,
            self._summaries_along(),
        )

    def _summaries_along(self) -> Callable[[bool], bool]:
        """Summaries that live in the cases' own spreadsheet are written in the same call as the cases."""
        book, along = self.ports.cases_book, self.ports.summary_book
        if not isinstance(book, GoogleWorkbook) or not isinstance(along, GoogleSummaryBook):
            return lambda worked: False
        if self.province.google.summary_book != "cases":
            return lambda worked: False
        summarise = self.summarise()

        def stage(worked: bool) -> bool:
            if book.state is None or not (worked or along.unknown):
                return False
            requests, confirmed = along.staged(summarise.tabs(), book.state.raw)
            if requests:
                book.ride(requests, confirmed)
            return bool(requests)

        return stage

    def share(self) -> Callable[[], ShareReport]:
        """Where nothing is shared and nothing was, nothing is built and nobody is asked."""
        part, shares = self.province.google.sharing, self.ports.shares
        return lambda: self._share_access().run() if part.file or shares.all() else ShareReport()

    def _share_access(self) -> ShareAccess:
        part, ports = self.province.google.sharing, self.ports
        roles = frozenset(Role(role) for role in part.roles)
        settings = SharingSettings(file_id(part.file), part.role, roles)
        return ShareAccess(
            ports.shares,
            ports.google.sharing(),
            ports.rows,
            ports.accounts,
            ports.clock,
            self.access_words(),
            self.places,
            settings,
        )

    def access_words(self) -> AccessWords:
        access = self.province.access
        return AccessWords(
            tuple(access.approve),
            tuple(access.refuse),
            {role: getattr(access.roles, role.value) for role in Role},
            access.fold_gmail,
        )

    def _derive(self, review_list: ReviewList) -> DeriveCases:
        ports, province = self.ports, self.province
        return DeriveCases(
            province.table("cases"),
            ports.cases,
            ports.rows,
            ports.journal,
            ports.reviews,
            review_list,
            self.messages,
            self.places,
            province.workflow(),
            *build_matching(self.workspace, province, ports, self.messages, review_list),
            *self.money(review_list),
        )

    def money(self, review_list: ReviewList) -> tuple[Limits, MissingPapers]:
        shared = (self.province, self.ports, self.messages, review_list)
        return build_limits(self.workspace, *shared), build_missing_papers(*shared)

    def case_money(self) -> CaseMoney:
        limits, papers = self.money(self.review_list)
        ports = self.ports
        return CaseMoney(ports.rows, ports.payments, ports.reviews, limits, papers, self.province.workflow())

    def approve_access(self) -> ApproveAccess:
        ports = self.ports
        return ApproveAccess(
            self.province.table("access"),
            ports.accounts,
            ports.outbox,
            ports.rows,
            self.review_list,
            self.messages,
            ports.clock,
            self.access_words(),
            self.places,
            {state: getattr(self.province.access.states, state.value) for state in State},
        )

    def access_round(self) -> AccessRound:
        ports = self.ports
        return AccessRound(
            ports.access_book,
            self._sync(self.access_rules, ports.access_book),
            ports.accounts,
            ports.rows,
            ports.journal,
            self.approve_access(),
            ports.clock,
            self.province.access.fold_gmail,
        )

    def deliver(self) -> DeliverMail:
        mail, office = self.province.mail, self.province.province
        contact = [line for line in (office.phone, office.email, office.line) if line]
        settings = DeliverySettings(
            message_domain=domain_of(self.province),
            common={"office": office.office, "contact": contact},
            daily_limit=mail.daily_limit,
            max_attempts=mail.max_attempts,
            link_life=timedelta(hours=self.province.portal.link_hours),
        )
        renderer = MailRenderer(TEMPLATES / "mail")
        chance = random.SystemRandom().random
        return DeliverMail(self.ports.outbox, self.ports.mailer, renderer, self.ports.clock, settings, chance)

    def overview(self) -> Overview:
        words = summary_words(self.messages.section("summary"))
        return Overview(KeptFigures(self.ports.journal), self._categories(), words)

    def _categories(self) -> Categories:
        rules = self.province.rules
        return Categories(
            types=tuple(rules.case_types),
            operations=tuple(dict.fromkeys(rule.operation for rule in rules.steps)),
            steps=tuple(dict.fromkeys(rule.step for rule in rules.outcomes)),
            outcomes=tuple(dict.fromkeys(rule.outcome for rule in rules.outcomes)),
            amphoes=tuple(self.places.amphoes()),
            waiting=rules.waiting,
            received=rules.received,
            helped=rules.helped,
        )

    def summarise(self) -> Summarise:
        ports = self.ports
        words = summary_words(self.messages.section("summary"))
        return Summarise(
            ports.summary_book,
            CountCases(ports.case_columns, ports.cases, ports.rows, ports.journal, self.province.workflow()),
            ports.clock,
            self._categories(),
            words,
            KeptFigures(ports.journal),
        )

    def preflight(self) -> Preflight:
        ports, province = self.ports, self.province
        return Preflight(
            [
                (ports.access_book, [self._sync(self.access_rules, ports.access_book)]),
                (
                    ports.cases_book,
                    [self._sync(rules, ports.cases_book) for rules in (self.case_rules, self.review_rules)],
                ),
            ],
            [(ports.access_form, province.form("access")), (ports.case_form, province.form("cases"))],
            ports.outbox,
            ports.outbox,
            ports.rows,
            self.messages,
            ports.journal.damage,
            self._try_mail,
            advice(province, self.workspace),
            self._drift,
        )

    def _try_mail(self) -> None:
        with self.ports.mailer.session():
            pass

    def _drift(self) -> list[ConnectLine]:
        google = self.province.google
        if not google.in_use:
            return []
        found = self.ports.google.connect().findings()
        return [line for line in found if line.code != "google_renamed"]  # the sheet's own check tells that

    def restore(self) -> Restore:
        tables = self.province.table
        return Restore(
            self.ports.rows,
            self.ports.journal,
            {
                "cases": (self.ports.cases_book, [tables("cases"), tables("reviews")]),
                "access": (self.ports.access_book, [tables("access")]),
            },
        )

    def mark_all_dirty(self) -> None:
        for table in ("cases", "access"):
            self.ports.rows.mark_all_dirty(table)


def summary_words(section: Mapping[str, str]) -> SummaryWords:
    return SummaryWords(**section)

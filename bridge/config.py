"""The province file and the environment, read once into frozen objects, or every problem at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from bridge.config_benefits import BenefitPart, benefit_problems
from bridge.config_google import GooglePart, check_root
from bridge.config_parts import (
    AccessPart,
    ApiPart,
    AreasPart,
    FormPart,
    FormsPart,
    LedgerPart,
    MailPart,
    Part,
    PortalPart,
    ProvincePart,
    RegisterPart,
    RetentionPart,
    ReviewsPart,
    RulesPart,
    SchedulePart,
    SheetPart,
    SheetsPart,
)
from bridge.domain.columns import Table
from bridge.domain.entitlement.benefits import Benefit
from bridge.domain.intake import Form, Question
from bridge.domain.sheets import LAYOUTS, build_table
from bridge.domain.values.text import header_key, word_key
from bridge.domain.workflow import Rules


@dataclass(frozen=True)
class ConfigProblem:
    """One thing wrong in the province file: its line (1-based, None when unknown), where and what."""

    line: int | None
    where: str
    code: str
    detail: str


class InvalidProvince(Exception):
    """Carries every problem that was found in one reading of the file."""

    def __init__(self, path: Path, problems: list[ConfigProblem]) -> None:
        super().__init__(f"{path.name}: {len(problems)} problems")
        self.path = path
        self.problems = problems


class Province(Part):
    """Everything one province decides. Read-only; built by `load`."""

    province: ProvincePart
    areas: AreasPart = AreasPart()
    schedule: SchedulePart = SchedulePart()
    retention: RetentionPart = RetentionPart()
    portal: PortalPart
    api: ApiPart = ApiPart()
    mail: MailPart
    access: AccessPart
    ledger: LedgerPart = LedgerPart()
    google: GooglePart = GooglePart()
    rules: RulesPart
    forms: FormsPart
    sheets: SheetsPart
    reviews: ReviewsPart
    register_: RegisterPart = Field(alias="register")
    benefits: list[BenefitPart] = Field([])

    def limits(self) -> list[Benefit]:
        return [part.benefit() for part in self.benefits]

    def workflow(self) -> Rules:
        part = self.rules
        return Rules(
            waiting=part.waiting,
            received=part.received,
            step_otherwise=part.step_otherwise,
            helped=part.helped,
            steps={rule.operation: rule.step for rule in part.steps},
            outcomes={rule.step: rule.outcome for rule in part.outcomes},
            checked_words=tuple(part.checked),
            case_types=tuple(part.case_types),
            other_type=part.other_type,
            incomplete=part.incomplete,
        )

    def form(self, name: Literal["access", "cases"]) -> Form:
        part: FormPart = getattr(self.forms, name)
        return Form(
            name=name,
            questions=tuple(
                Question(
                    column=question.column,
                    titles=(question.title, *question.aliases),
                    required=question.required,
                    normal=question.normal,
                )
                for question in part.questions
            ),
            timestamp_titles=tuple(part.timestamp),
            email_titles=tuple(part.email),
            response_id_titles=tuple(part.response_id),
            needs_one_of=("email",) if name == "access" else ("person_name", "national_id"),
        )

    def table(self, name: Literal["access", "cases", "reviews"]) -> Table:
        """The sheet as the province words it; drop-downs of types, steps and states come from the rules."""
        part: SheetPart = getattr(self.sheets, name)
        rules = self.rules
        lists = {
            "case_type": tuple(rules.case_types),
            "operation": tuple(dict.fromkeys(rule.operation for rule in rules.steps)),
            "step": tuple(dict.fromkeys(rule.step for rule in rules.outcomes)),
        }
        return build_table(
            name,
            part.tab,
            [
                (
                    column.key,
                    column.header,
                    column.width,
                    tuple(column.aliases),
                    tuple(column.choices) or lists.get(column.key, ()),
                )
                for column in part.columns
            ],
        )


# ------------------------------------------------------------------------------------------------ checks


def _repeated(words: list[str], key: Callable[[str], str] = header_key) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, word in enumerate(words):
        if key(word) in seen:
            yield index, word
        seen.add(key(word))


def _rule_problems(province: Province, locate: _Locator) -> Iterator[ConfigProblem]:
    """Tables that leave a word without an answer or give it two (process.md section 4)."""
    rules = province.rules

    def problem(path: tuple[str | int, ...], code: str, detail: str) -> ConfigProblem:
        return ConfigProblem(locate(path), ".".join(map(str, path)), code, detail)

    for index, word in _repeated([rule.operation for rule in rules.steps], word_key):
        yield problem(("rules", "steps", index, "operation"), "rule_twice", word)
    for index, word in _repeated([rule.step for rule in rules.outcomes], word_key):
        yield problem(("rules", "outcomes", index, "step"), "rule_twice", word)
    for _, word in _repeated(list(rules.case_types), word_key):
        yield problem(("rules", "case_types"), "word_twice", word)
    operations = {word_key(rule.operation) for rule in rules.steps}
    outcome_steps = {word_key(rule.step) for rule in rules.outcomes}
    for name in ("waiting", "received"):
        if word_key(getattr(rules, name)) not in operations:
            yield problem(("rules", name), "operation_without_step", getattr(rules, name))
    for index, rule in enumerate(rules.steps):
        if word_key(rule.step) not in outcome_steps | {word_key(rules.step_otherwise)}:
            yield problem(("rules", "steps", index, "step"), "step_without_outcome", rule.step)
    if word_key(rules.helped) not in outcome_steps:
        yield problem(("rules", "helped"), "step_without_outcome", rules.helped)
    if word_key(rules.waiting) == word_key(rules.received):
        yield problem(("rules", "received"), "word_twice", rules.received)
    if rules.incomplete and word_key(rules.incomplete) not in outcome_steps:
        yield problem(("rules", "incomplete"), "step_without_outcome", rules.incomplete)
    if rules.other_type and word_key(rules.other_type) not in map(word_key, rules.case_types):
        yield problem(("rules", "other_type"), "unknown_word", rules.other_type)


def _sheet_problems(province: Province, locate: _Locator) -> Iterator[ConfigProblem]:
    for name, (_, layout) in LAYOUTS.items():
        part: SheetPart = getattr(province.sheets, name)
        where = f"sheets.{name}.columns"
        line = locate(("sheets", name, "columns"))
        keys = [column.key for column in part.columns]
        for key in keys:
            if key not in layout:
                yield ConfigProblem(line, where, "unknown_word", key)
        for key in layout:
            if key not in keys:
                yield ConfigProblem(line, where, "column_missing", key)
        for _, key in _repeated(keys):
            yield ConfigProblem(line, where, "word_twice", key)
        titles = [title for column in part.columns for title in (column.header, *column.aliases)]
        for _, title in _repeated(titles):
            yield ConfigProblem(line, where, "word_twice", title)
    if header_key(province.sheets.cases.tab) == header_key(province.sheets.reviews.tab):
        yield ConfigProblem(locate(("sheets", "reviews", "tab")), "sheets.reviews.tab", "word_twice", "")


def _form_problems(province: Province, locate: _Locator) -> Iterator[ConfigProblem]:
    for name in ("access", "cases"):
        part: FormPart = getattr(province.forms, name)
        _, layout = LAYOUTS[name]
        needed = {"email"} if name == "access" else {"person_name", "national_id"}
        given = {question.column for question in part.questions}
        for column in sorted(needed - given):
            line = locate(("forms", name, "questions", 0))
            yield ConfigProblem(line, f"forms.{name}", "question_missing", column)
        for index, question in enumerate(part.questions):
            if question.column not in layout:
                line = locate(("forms", name, "questions", index, "column"))
                yield ConfigProblem(line, f"forms.{name}.questions", "unknown_word", question.column)
        titles = [
            (index, title)
            for index, question in enumerate(part.questions)
            for title in (question.title, *question.aliases)
        ]
        for position, title in _repeated([title for _, title in titles]):
            line = locate(("forms", name, "questions", titles[position][0], "title"))
            yield ConfigProblem(line, f"forms.{name}.questions", "word_twice", title)


def _benefit_problems(province: Province, locate: _Locator) -> Iterator[ConfigProblem]:
    for path, code, detail in benefit_problems(province.benefits, province.rules.case_types):
        yield ConfigProblem(locate(path), ".".join(map(str, path)), code, detail)


def _look_problems(province: Province, locate: _Locator) -> Iterator[ConfigProblem]:
    """White letters on the accent, and accent letters on white, at 4.5 to 1 or more (WCAG 2.2, 1.4.3)."""
    accent = province.portal.accent
    if 1.05 / (_luminance(accent) + 0.05) < 4.5:
        yield ConfigProblem(locate(("portal", "accent")), "portal.accent", "pale_accent", accent)


def _luminance(colour: str) -> float:
    """WCAG's relative luminance of `#rrggbb`: 0 is black, 1 white."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# ------------------------------------------------------------------------------------------------ reading


class _Locator:
    """Finds the line of a TOML path by its text: the n-th [[table]] header, then the key under it."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def __call__(self, path: tuple[str | int, ...]) -> int | None:
        names = [part for part in path if isinstance(part, str)]
        numbers = [part for part in path if isinstance(part, int)]
        first = 0
        if len(numbers) > 1:  # a table of a table: those that stand below the n-th of the outer ones
            first = (self._find(names[:1], [], numbers.pop(0)) or 1) - 1
        for depth in range(len(names), 0, -1):
            line = self._find(names[:depth], names[depth:], next(iter(numbers), None), first)
            if line is not None:
                return line
        return None

    def _find(self, table: list[str], rest: list[str], nth: int | None, first: int = 0) -> int | None:
        header = ".".join(table)
        pattern = re.compile(r"^\s*\[\[?\s*" + re.escape(header) + r"\s*\]\]?")
        starts = [n for n in range(first, len(self._lines)) if pattern.match(self._lines[n])]
        if not starts:
            return None
        start = starts[nth] if nth is not None and nth < len(starts) else starts[0]
        if rest:
            key = re.compile(r"^\s*\"?" + re.escape(rest[0]) + r"\"?\s*[=.]")
            for number in range(start + 1, len(self._lines)):
                if self._lines[number].lstrip().startswith("["):
                    break
                if key.match(self._lines[number]):
                    return number + 1
        return start + 1


def load(path: Path) -> Province:
    """The province in `path`. Raises InvalidProvince with every problem, each with its line where known."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        raise InvalidProvince(path, [ConfigProblem(None, path.name, "file_missing", "")]) from None
    except UnicodeDecodeError as error:
        raise InvalidProvince(path, [ConfigProblem(None, path.name, "not_utf8", str(error.start))]) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise InvalidProvince(path, [ConfigProblem(line, path.name, "not_toml", str(error))]) from None
    locate = _Locator(text)
    _complete(data)
    try:
        province = Province.model_validate(data)
    except ValidationError as error:
        problems = [
            ConfigProblem(
                locate(tuple(part for part in item["loc"] if isinstance(part, (str, int)))),
                ".".join(map(str, item["loc"])),
                _PYDANTIC_CODES.get(item["type"], "invalid"),
                _what(item),
            )
            for item in error.errors(include_url=False)
        ]
        raise InvalidProvince(path, problems) from None
    problems = [
        *_rule_problems(province, locate),
        *_sheet_problems(province, locate),
        *_form_problems(province, locate),
        *_look_problems(province, locate),
        *_benefit_problems(province, locate),
    ]
    if problems:
        raise InvalidProvince(path, problems)
    return province


def _complete(data: dict[str, Any]) -> None:
    """Words that came with a later program are the sample province's in a file that is older."""
    reviews = data.get("reviews")
    if not isinstance(reviews, dict):
        return
    for name, later in _LATER_WORDS.items():
        words = reviews.get(name)
        if isinstance(words, dict) and not set(later) <= words.keys():
            sample = tomllib.loads(_SAMPLE.read_text(encoding="utf-8"))["reviews"][name]
            reviews[name] = {**{word: sample[word] for word in later}, **words}


def _what(item: Any) -> str:
    """The value that was given, and what is wrong with it; the place says the rest of an unknown word."""
    if item["type"] in _PYDANTIC_CODES:
        return ""
    given = "" if isinstance(item.get("input"), (dict, list)) else f"“{item.get('input')}” — "
    return f"{given}{item['msg']}"


_SAMPLE = Path(__file__).parents[1] / "config" / "sisaket.toml"
_LATER_WORDS = {
    "decisions": ("go_on", "accept"),
    "kinds": ("limit", "payment", "papers", "earlier", "in_register", "access"),
}
_PYDANTIC_CODES = {"missing": "missing", "extra_forbidden": "unknown_word"}


# The environment is read here and nowhere else.


def secret(name: str, file: str = "") -> str:
    """A password: the environment variable `name`, else the whole text of `file`; "" when neither is set."""
    value = os.environ.get(name, "")  # noqa: TID251  # the one place that may read it
    if not value and file:
        value = Path(file).read_text(encoding="utf-8-sig").strip()
    return value


def google_root(province: Province) -> str:
    """Where all Google traffic goes instead of Google, "" for Google itself. Raises InvalidProvince for an
    address in the environment that is neither on this machine nor HTTPS."""
    name = "BRIDGE_GOOGLE_API_ROOT"
    given = os.environ.get(name, "")  # noqa: TID251  # the one place that may read it
    try:
        return check_root(given) or province.google.api_root
    except ValueError:
        raise InvalidProvince(Path(name), [ConfigProblem(None, name, "google_root", given)]) from None

"""Status, step and outcome, from the province's own tables (process.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.domain.cells import Cell
from bridge.domain.values.text import word_key

SUGGESTED = ("operation", "step", "outcome")


@dataclass(frozen=True)
class Rules:
    """The province's tables; words compare without regard to spaces and case."""

    waiting: str
    received: str
    step_otherwise: str
    helped: str
    steps: Mapping[str, str]  # operation -> suggested step
    outcomes: Mapping[str, str]  # step -> suggested outcome
    checked_words: Sequence[str]
    case_types: Sequence[str]
    other_type: str
    incomplete: str = ""  # the step of papers that are missing

    def __post_init__(self) -> None:
        object.__setattr__(self, "_steps", {word_key(k): v for k, v in self.steps.items()})
        object.__setattr__(self, "_outcomes", {word_key(k): v for k, v in self.outcomes.items()})
        object.__setattr__(self, "_checked", frozenset(map(word_key, self.checked_words)))

    def suggest_operation(self, receipt_no: Cell) -> str:
        """`waiting` until a receipt number is entered, then `received`."""
        blank = receipt_no is None or (isinstance(receipt_no, str) and not receipt_no.strip())
        return self.waiting if blank else self.received

    def suggest_step(self, operation: Cell) -> str:
        return self._lookup("_steps", operation) or self.step_otherwise

    def suggest_outcome(self, step: Cell) -> str | None:
        """None for a step that the table does not name: nothing is suggested then."""
        return self._lookup("_outcomes", step)

    def is_checked(self, mark: Cell) -> bool | None:
        """Whether staff have checked the row; None for a word that is not one of the province's."""
        if mark is None or mark is False or (isinstance(mark, str) and not mark.strip()):
            return False
        if mark is True:
            return True
        return True if word_key(str(mark)) in self.__dict__["_checked"] else None

    def known_type(self, case_type: str) -> str:
        """The province's word for a type; what people wrote beside "other" is `other_type`, where there is one."""
        word = word_key(case_type)
        if not word:
            return case_type
        return next(
            (known for known in self.case_types if word_key(known) == word), self.other_type or case_type
        )

    def knows_step(self, step: str) -> bool:
        return word_key(step) in self.__dict__["_outcomes"] or word_key(step) == word_key(self.step_otherwise)

    def knows_operation(self, operation: str) -> bool:
        return word_key(operation) in self.__dict__["_steps"]

    def is_helped(self, step: Cell) -> bool:
        return isinstance(step, str) and word_key(step) == word_key(self.helped)

    def checks_papers(self, step: Cell) -> bool:
        """The step at which papers are looked through: what a received case begins with."""
        return isinstance(step, str) and word_key(step) == word_key(self.suggest_step(self.received))

    def lacks_papers(self, step: Cell) -> bool:
        return bool(self.incomplete) and isinstance(step, str) and word_key(step) == word_key(self.incomplete)

    def _lookup(self, table: str, word: Cell) -> str | None:
        found: str | None = self.__dict__[table].get(word_key(word)) if isinstance(word, str) else None
        return found


def resolve(
    values: Mapping[str, Cell], suggested: Mapping[str, Sequence[Cell]], rules: Rules
) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """The three suggested columns in their order, each from the ones before it.

    A column is the bridge's while it is blank or holds one of the bridge's own suggestions for it
    (`suggested[column]`); otherwise staff chose, and it stays. Returns (values of the three columns, the
    suggestion of each).
    """
    resolved: dict[str, Cell] = {}
    wanted: dict[str, Cell] = {}

    def settle(column: str, suggestion: Cell) -> None:
        wanted[column] = suggestion
        current = values.get(column)
        ours = current is None or current in suggested.get(column, ())
        resolved[column] = suggestion if ours else current

    settle("operation", rules.suggest_operation(values.get("receipt_no")))
    settle("step", rules.suggest_step(resolved["operation"]))
    settle("outcome", rules.suggest_outcome(resolved["step"]))
    return resolved, wanted

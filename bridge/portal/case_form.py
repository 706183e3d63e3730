"""The fields of the case form: titles and order from the province file, lists from its rules and places."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms

from bridge.config_parts import QuestionPart
from bridge.domain.cases import NEEDED
from bridge.domain.values.text import clean, word_key
from bridge.portal import case_files
from bridge.portal.controls import Options
from bridge.portal.office import office
from bridge.portal.questions import Answer, Choice, KeyedForm
from bridge.portal.uploads import FIELD
from bridge.portal.words import worded

# The covering letter; everything else is about the person (process.md section 2).
LETTER = frozenset({"sender_name", "sender_org", "sender_phone", "letter_no", "letter_date"})
OTHER = "case_type_other"
REGISTER = "TPMAP"  # what the question "source" calls the register, where it is one of its choices


class CaseForm(KeyedForm):
    """Bound to what was posted, or filled in beforehand by `initial`. A tambon is chosen as "amphoe/tambon":
    names of tambons come more than once in a province."""

    def __init__(self, data: Any = None, initial: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields.update(_fields(office().fingerprint))
        self.columns = [question.column for question in office().province.forms.cases.questions]
        self.letter = [column for column in self.columns if column in LETTER]
        self.person = [
            column for column in self.fields if column not in LETTER and column not in ("key", FIELD)
        ]
        if {"amphoe", "tambon"} <= {*self.person}:  # the list of tambons follows the amphoe
            self.person.remove("amphoe")
            self.person.insert(self.person.index("tambon"), "amphoe")
        self.order_fields([*self.letter, *self.person, FIELD, "key"])

    def clean(self) -> None:
        cells = self.cleaned_data
        amphoe, _, tambon = str(cells.get("tambon") or "").partition("/")
        if tambon and cells.get("amphoe") and cells["amphoe"] != amphoe:
            said = worded("tambon_elsewhere", tambon=tambon, amphoe=amphoe)
            self.add_error("tambon", forms.ValidationError(said, code="tambon_elsewhere"))
        other = office().province.rules.other_type
        if other and cells.get("case_type") == other and not clean(cells.get(OTHER) or ""):
            self.add_error(OTHER, forms.ValidationError(worded("other_type_missing"), code="required"))

    def answers(self) -> dict[str, str]:
        """By column, as a form of the province would send them. Valid forms only."""
        cells = {column: str(self.cleaned_data[column]) for column in self.columns}
        if "tambon" in cells:
            cells["tambon"] = cells["tambon"].partition("/")[2]
        other = office().province.rules.other_type
        if other and cells.get("case_type") == other:
            cells["case_type"] = f"{other}: {self.cleaned_data[OTHER]}"
        return cells


@lru_cache(maxsize=2)
def _fields(fingerprint: str) -> Mapping[str, forms.Field]:
    """Of the province file of this fingerprint. All forms share them: what one form says stands in its bound fields."""
    fields: dict[str, forms.Field] = {}
    for question in office().province.forms.cases.questions:
        fields[question.column] = _field(question)
        if question.column == "case_type" and office().province.rules.other_type:
            other = QuestionPart(column=OTHER, title=worded("other_type"))
            fields[OTHER] = Answer(other, required=False)
    if office().province.portal.attachments:
        fields[FIELD] = case_files.field()
    return fields


def _field(question: QuestionPart) -> forms.Field:
    column, required = question.column, question.required or question.column in NEEDED
    choices = _choices(column)
    if choices:
        return Choice(question, required, Options.of([("", worded("choose")), *choices]))
    return Answer(question, required, lines=column == "problem")


def _choices(column: str) -> list[Any]:
    places, province = office().places, office().province
    if column == "amphoe":
        return [(amphoe, amphoe) for amphoe in places.amphoes()]
    if column == "tambon":
        return [
            (amphoe, [(f"{amphoe}/{tambon}", tambon) for tambon in places.tambons(amphoe)])
            for amphoe in places.amphoes()
        ]
    return [(word, word) for word in province.table("cases").by_key[column].choices]


def from_register(posted: Mapping[str, str]) -> dict[str, str]:
    """What a result of the register search says of a person, as the form's own fields."""
    title, name = clean(posted.get("title", "")), clean(posted.get("name", ""))
    given = {"person_name": name if name.startswith(title) else f"{title}{name}"}
    given |= {column: clean(posted.get(column, "")) for column in ("house_no", "moo")}
    place = office().places.check(posted.get("tambon") or None, posted.get("amphoe") or None)
    if place.amphoe.value and not place.amphoe.problem:
        given["amphoe"] = place.amphoe.value
        if place.tambon.value and not place.tambon.problem:
            given["tambon"] = f"{place.amphoe.value}/{place.tambon.value}"
    sources = office().province.table("cases").by_key["source"].choices
    given["source"] = next((word for word in sources if word_key(word) == word_key(REGISTER)), "")
    return given

"""The questions of the province's forms as fields of a page: what was typed stays exactly as it was typed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms

from bridge.config_parts import QuestionPart
from bridge.domain.cells import Cell
from bridge.domain.values.text import clean
from bridge.portal.controls import LineWidget, ListField, Options, TextWidget
from bridge.portal.words import worded

LONGEST_LINE, LONGEST_TEXT = 200, 5_000  # characters
_LINE_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]")
_KEY = re.compile(r"[0-9a-f]{32}")
_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "date": {"autocomplete": "off"},
    "phone": {"inputmode": "tel", "autocomplete": "off"},
    "national_id": {"inputmode": "numeric", "autocomplete": "off"},
    "moo": {"inputmode": "numeric", "autocomplete": "off"},
    "age": {"inputmode": "numeric", "autocomplete": "off"},
}


class Answer(forms.CharField):
    """A line or a text. Blanks around it stay; browsers' line ends become those that were typed."""

    def __init__(self, question: QuestionPart, required: bool, *, lines: bool = False) -> None:
        title, self._lines = question.title, lines
        most = LONGEST_TEXT if lines else LONGEST_LINE
        attributes = dict(_ATTRIBUTES.get(question.normal, {"autocomplete": "off"}))
        super().__init__(
            label=title,
            required=required,
            strip=False,
            max_length=most,
            widget=TextWidget({**attributes, "rows": "6"}) if lines else LineWidget(attributes),
            error_messages={
                "required": worded("answer_missing", title=title),
                "max_length": worded("answer_long", title=title, most=most),
                "null_characters_not_allowed": worded("answer_unreadable", title=title),
                "line_break": worded("answer_line_break", title=title),
            },
        )

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        if self.required and not clean(value):
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if not self._lines and _LINE_BREAKS.search(value):
            raise forms.ValidationError(self.error_messages["line_break"], code="line_break")


class Choice(ListField):
    """One of a list; nothing is chosen beforehand."""

    def __init__(self, question: QuestionPart, required: bool, options: Options) -> None:
        missing = worded("choice_missing", title=question.title)
        wrong = {"required": missing, "invalid_choice": missing}
        super().__init__(options, label=question.title, required=required, wrong=wrong)


class KeyedForm(forms.Form):
    """A form that carries its own name, so that sending it again makes nothing twice."""

    key = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    def clean_key(self) -> str:
        """A key that this portal did not make is given up for a new one."""
        given = str(self.cleaned_data["key"])
        return given if _KEY.fullmatch(given) else new_key()


def new_key() -> str:
    return uuid.uuid4().hex


def filled(cells: Mapping[str, str]) -> dict[str, Cell]:
    return {column: cell for column, cell in cells.items() if cell}

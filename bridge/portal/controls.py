"""The controls of the portal's forms, written straight to HTML: Django's templates for them take longer than the rest
of a page. A province has hundreds of tambons: the options of a list are written once in a process, and each page only
marks the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Choices = Sequence[tuple[str, Any]]  # (value, label), or (a group's label, its choices)


@dataclass(frozen=True)
class Options:
    """`markup` is HTML without a chosen one; `values` are what may be sent, in order."""

    markup: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, choices: Choices) -> Options:
        markup, values = _written(choices)
        return cls(markup, tuple(values))

    def marked(self, chosen: str) -> str:
        plain = f'<option value="{escape(chosen)}">'
        return (
            self.markup.replace(plain, plain[:-1] + " selected>", 1) if chosen in self.values else self.markup
        )


def _written(choices: Choices) -> tuple[str, list[str]]:
    parts: list[str] = []
    values: list[str] = []
    for value, label in choices:
        if isinstance(label, str):
            parts.append(f'<option value="{escape(value)}">{escape(label)}</option>')
            values.append(value)
        else:
            inner, known = _written(label)
            parts.append(f'<optgroup label="{escape(value)}">{inner}</optgroup>')
            values += known
    return "\n".join(parts), values


def tag(name: str, attributes: Mapping[str, Any]) -> str:
    """An opening tag; an attribute that is True stands without a value, one that is False or None not at all."""
    said = [
        f" {key}" if value is True else f' {key}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    return f"<{name}{''.join(said)}>"


class LineWidget(forms.TextInput):
    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        said = {"type": self.input_type, "name": name, "value": self.format_value(value)}
        return mark_safe(tag("input", {**said, **self.attrs, **(attrs or {})}))  # noqa: S308  # escaped above


class TextWidget(forms.Textarea):
    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        opened = tag("textarea", {"name": name, **self.attrs, **(attrs or {})})
        written = escape(self.format_value(value) or "")
        return mark_safe(f"{opened}\n{written}</textarea>")  # noqa: S308  # escaped above


class ListWidget(forms.Select):
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.listed = options

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        opened = tag("select", {"name": name, **self.attrs, **(attrs or {})})
        written = self.listed.marked("" if value is None else str(value))
        return mark_safe(f"{opened}{written}</select>")  # noqa: S308  # escaped above


class ListField(forms.ChoiceField):
    """One of the options; "" where none is chosen and none is needed."""

    def __init__(
        self, options: Options, *, label: str = "", required: bool, wrong: Mapping[str, str]
    ) -> None:
        super().__init__(
            label=label, required=required, widget=ListWidget(options), error_messages=dict(wrong)
        )
        self.listed = options

    def valid_value(self, value: Any) -> bool:
        return str(value) in self.listed.values


class Radios(forms.RadioSelect):
    """Boxes of which one is chosen; whatever leads to them leads to the first."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, "0" if index is None else index)


class Ticks(Radios, forms.CheckboxSelectMultiple):
    """The same for boxes to tick."""

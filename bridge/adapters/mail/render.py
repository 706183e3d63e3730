"""The wording of a letter, from templates/mail: NAME.subject.j2, NAME.txt.j2, NAME.html.j2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    select_autoescape,
)

from bridge.application.errors import ConfigurationError


class MailRenderer:
    """A value that is missing is an error, never a gap in a letter; what people typed is text in the HTML."""

    def __init__(self, folder: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html.j2"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject, text and HTML. Raises ConfigurationError: mail_template_missing, mail_template."""
        return (
            self._part(f"{template}.subject.j2", context),
            self._part(f"{template}.txt.j2", context),
            self._part(f"{template}.html.j2", context),
        )

    def _part(self, name: str, context: Mapping[str, object]) -> str:
        try:
            return self._environment.get_template(name).render(context)
        except TemplateNotFound as error:
            raise ConfigurationError("mail_template_missing", template=name, said=str(error)) from error
        except Exception as error:  # a template may call anything; one that breaks must not stop the others
            said = error.message if isinstance(error, TemplateError) else type(error).__name__
            raise ConfigurationError("mail_template", template=name, said=said or "") from error

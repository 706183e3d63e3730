"""What the commands `match` need: no workspace, only the product's own words, headers and weights.

Apart from `bridge.bootstrap`, so that the commands start without Google, Django and the workbooks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge.adapters.match_tables import MatchTables
from bridge.application.errors import ConfigurationError
from bridge.application.match_files import Figures, Group, MatchFiles
from bridge.config_matching import KINDS, InvalidWeights, MatchingWeights, load_headers, load_weights, written
from bridge.domain.matching.weights import Weights
from bridge.messages import Messages
from bridge.workspace import CONFIG


@dataclass(frozen=True)
class Matching:
    files: MatchFiles
    tables: MatchTables
    messages: Messages
    weights_file: Path

    def weights(self) -> MatchingWeights:
        """Raises ConfigurationError: match_weights."""
        try:
            return load_weights(self.weights_file)
        except (InvalidWeights, OSError) as error:
            raise ConfigurationError("match_weights", file=self.weights_file.name) from error

    def weights_for(self, cases: Group, kind: str) -> Weights:
        """The weights of `duplicates` or `register`, or those for lists by street."""
        found: Weights = getattr(self.weights(), "streets" if cases.streets else kind)
        return found

    def group(self, path: Path, id_column: str) -> Group:
        return self.files.group(self.tables.read(path), id_column, path.name)

    def fit(
        self, cases: Path, truth: Path, out: Path, people: Path | None, people_truth: Path | None
    ) -> dict[str, Figures]:
        """Writes the weights to `out`; those of the register stay as they were where none is given."""
        group = self.group(cases, "rec_id")
        persons = self.files.persons(self.tables.read(truth), "rec_id", group.ids, truth.name)
        weights, figures = self.files.fit_duplicates(group, persons)
        if group.streets:
            return self._keep(out, {"streets": weights}, {"streets": figures})
        found, told = {"duplicates": weights}, {"duplicates": figures}
        if people is not None and people_truth is not None:
            register = self.group(people, "reg_id")
            truths = self.tables.read(people_truth)
            theirs = self.files.persons(truths, "reg_id", register.ids, people_truth.name)
            found["register"], told["register"] = self.files.fit_register(
                group, persons, register, theirs, weights
            )
        return self._keep(out, found, told)

    def _keep(self, out: Path, found: dict[str, Weights], told: dict[str, Figures]) -> dict[str, Figures]:
        before = None if found.keys() >= set(KINDS) else self.weights()
        kept = {kind: found.get(kind) or getattr(before, kind) for kind in KINDS}
        figures = {**(before.figures if before else {}), **told}
        self.tables.write_text(out, written(MatchingWeights(**kept, figures=figures)))
        return told


def open_matching(weights: Path | None) -> Matching:
    """With the weights of that file, or the product's own."""
    messages = Messages.load(CONFIG)
    files = MatchFiles(messages, load_headers(CONFIG / "match_columns.toml"))
    return Matching(files, MatchTables(messages), messages, weights or CONFIG / "matching.toml")

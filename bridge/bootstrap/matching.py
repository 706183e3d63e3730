"""What the commands `match` need: no workspace, only the product's own words, headers and weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge.adapters.match_tables import MatchTables
from bridge.application.errors import ConfigurationError
from bridge.application.match_files import Figures, Group, MatchFiles
from bridge.config_matching import InvalidWeights, MatchingWeights, load_headers, load_weights, written
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

    def group(self, path: Path, id_column: str) -> Group:
        return self.files.group(self.tables.read(path), id_column, path.name)

    def fit(
        self, cases: Path, truth: Path, out: Path, people: Path | None, people_truth: Path | None
    ) -> dict[str, Figures]:
        """Writes the weights to `out`; those of the register stay as they were where none is given."""
        group = self.group(cases, "rec_id")
        persons = self.files.persons(self.tables.read(truth), "rec_id", group.ids, truth.name)
        weights, figures = self.files.fit_duplicates(group, persons)
        told = {"duplicates": figures}
        if people is not None and people_truth is not None:
            register = self.group(people, "reg_id")
            truths = self.tables.read(people_truth)
            theirs = self.files.persons(truths, "reg_id", register.ids, people_truth.name)
            links, told["register"] = self.files.fit_register(group, persons, register, theirs, weights)
            found = MatchingWeights(weights, links, told)
        else:
            before = self.weights()
            found = MatchingWeights(weights, before.register, {**before.figures, **told})
        self.tables.write_text(out, written(found))
        return told


def open_matching(weights: Path | None) -> Matching:
    """With the weights of that file, or the product's own."""
    messages = Messages.load(CONFIG)
    files = MatchFiles(messages, load_headers(CONFIG / "match_columns.toml"))
    return Matching(files, MatchTables(messages), messages, weights or CONFIG / "matching.toml")

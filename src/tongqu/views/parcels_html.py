"""What was found in a parcel layer, as a page: a map of the findings, lists of them, land by class."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.data import Region
from tongqu.methods.land import CLASSES
from tongqu.views.land_tables import area, mu_words, number
from tongqu.views.place_map import Marks, legend, place_map
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, render
from tongqu.views.words import Language, Words

__all__ = ["parcels_html"]

MARKS: Final = (
    ("#c2410c", "cross"),
    ("#0063a6", "square"),
    ("#6a3d8f", "diamond"),
    ("#8a6d10", "up"),
    ("#00795a", "down"),
    ("#37414a", "dot"),
)
"""Colour and shape of findings, the most frequent first."""
MOST_ROWS: Final = 200
"""Rows of a list on the page; the other files have all."""
SIZE: Final = 5.0


class ParcelTables(Protocol):
    """What the page reads of parcels."""

    @property
    def parcels(self) -> pd.DataFrame:
        """Parcels that count."""

    @property
    def land_use(self) -> pd.DataFrame:
        """Land by place and class."""

    @property
    def findings(self) -> pd.DataFrame:
        """What was found, by name."""

    def table(self, language: Language) -> pd.DataFrame:
        """What was found, in words."""


def parcels_html(found: ParcelTables, *, region: Region, file: str, language: Language = "zh") -> str:
    """The page of the findings in a parcel layer.

    Parameters
    ----------
    found : Parcels
        What `tongqu.data.readers.parcels.read_parcels` gives.
    region : Region
        Whose outlines lie below.
    file : str
        Name of the layer's file.
    language : {"zh", "en"}

    Returns
    -------
    str
        HTML that refers to no other file or host.
    """
    words = Words(language)
    spoken = found.table(language)
    sections = []
    if len(spoken):
        sections.append(_map(spoken, region, words))
        sections.append(_lists(spoken, words))
    sections.append(_classes(found, region, words))
    place = words.name(region.title_zh, region.title_en)
    page = Page(
        title=f"{place} {words('parcels.title')}",
        brand=words("land.brand"),
        heading=words("parcels.heading", region=place),
        band=words("parcels.band") if len(spoken) else words("parcels.clean"),
        footer=words("parcels.footer"),
        under=[words("parcels.file", file=file)],
        cards=[
            Card(words.count(len(found.parcels)), words("parcels.card_parcels")),
            Card(mu_words(words, float(found.parcels["area_mu"].sum())), words("parcels.card_area")),
            Card(words.count(len(spoken)), words("parcels.card_findings")),
            Card(_overlap(found, words), words("parcels.card_overlap")),
        ],
        sections=sections,
    )
    return render(page, words)


def _overlap(found: ParcelTables, words: Words) -> str:
    mine = found.findings[found.findings["finding"] == "overlap"]
    mu = float(mine["area_mu"].sum())
    if words.language == "zh":
        return f"{words.number(mu, 1)} 亩"
    return f"{words.number(mu / 15, 2)} ha"


def _map(spoken: pd.DataFrame, region: Region, words: Words) -> Section:
    """Findings that have a place, a mark for each kind, and how many there are of each."""
    counts = spoken["finding"].value_counts()
    west, south, east, north = region.bbox
    shown = spoken["lon"].between(west, east) & spoken["lat"].between(south, north)
    marks = []
    for at, (name, count) in enumerate(counts.items()):
        mine = spoken[(spoken["finding"] == name) & shown]
        if mine.empty:
            continue
        colour, shape = MARKS[min(at, len(MARKS) - 1)]
        titles = [_title(row) for row in mine.to_dict("records")]
        marks.append(Marks(f"{name} ({count})", colour, mine["lon"], mine["lat"], titles, shape, SIZE))
    title = words("parcels.map")
    svg = place_map(region, words, key="parcels", label=words("parcels.map_alt"), marks=marks)
    mends = spoken.drop_duplicates("finding").set_index("finding")["mend"]
    table = pd.DataFrame(
        {
            "finding": counts.index.to_numpy(object),
            "count": counts.to_numpy(),
            "mend": [mends[name] for name in counts.index],
        }
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "finding": (words("parcels.finding"), None),
        "count": (words("parcels.count"), number(words)),
        "mend": (words("parcels.mend"), None),
    }
    nowhere = int((~shown).sum())
    note = words("parcels.nowhere", count=nowhere) if nowhere else ""
    figure = Figure(title, svg, grid_of(table, columns=columns, label=title), legend(marks), note)
    return Section("map", words("parcels.where"), [Part(figures=[figure])])


def _title(row: Mapping[Hashable, Any]) -> str:
    parts = [row["parcel"] or row["unit"], row["other"], row["value"]]
    return f"{row['finding']}: " + " / ".join(str(one) for one in parts if one)


def _lists(spoken: pd.DataFrame, words: Words) -> Section:
    """Each kind of finding with its rows and how to mend it; the reader picks one."""
    parts = []
    for name, count in spoken["finding"].value_counts().items():
        mine = spoken[spoken["finding"] == name].head(MOST_ROWS)
        columns: dict[str, tuple[str, Format | None]] = {
            "parcel": (words("parcels.parcel"), None),
            "other": (words("parcels.other"), None),
            "unit": (words("parcels.unit"), None),
            "area_mu": (words("parcels.area"), number(words, 2)),
            "value": (words("parcels.value"), None),
            "lon": (words("parcels.lon"), number(words, 5)),
            "lat": (words("parcels.lat"), number(words, 5)),
        }
        shown = {key: one for key, one in columns.items() if one[1] is not None or (mine[key] != "").any()}
        title = words("parcels.mend_title", mend=mine["mend"].iloc[0])
        part = Part(f"{name} ({count})", grids=[(title, grid_of(mine, columns=shown, label=str(name)))])
        parts.append(part)
    notes = [words("parcels.most", count=MOST_ROWS)] if (len(spoken) > MOST_ROWS) else []
    return Section("list", words("parcels.list"), parts, notes)


def _classes(found: ParcelTables, region: Region, words: Words) -> Section:
    """Land by place and class as it was added up, beside the area of the place."""
    units = region["units"].set_index("unit")
    wide = found.land_use.pivot_table(index="unit", columns="class", values="area_mu", aggfunc="sum")
    wide = wide.reindex(columns=[*CLASSES, "basic_farmland", "idle_homestead"]).fillna(0.0)
    wide = wide.assign(
        sum=wide[list(CLASSES)].sum(axis=1),
        given=units["area_km2"].astype("float64").reindex(wide.index) * 1500,
        place=[words.name(units.at[code, "name"], units.at[code, "name_en"]) for code in wide.index],
    )
    columns: dict[str, tuple[str, Format | None]] = {"place": (words.label("land_column", "unit"), None)}
    columns |= {name: (words.label("land_class", name), area(words)) for name in CLASSES}
    columns |= {
        name: (words.label("land_class", name), area(words)) for name in ("basic_farmland", "idle_homestead")
    }
    columns |= {"sum": (words("parcels.sum"), area(words)), "given": (words("parcels.given"), area(words))}
    label = words("parcels.classes")
    grid = grid_of(wide, columns=columns, label=label)
    return Section("classes", label, [Part(grids=[(words("parcels.by_place"), grid)])], [words("land.units")])

"""The work of ``tongqu land`` and ``tongqu import-land``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    Places,
    Target,
    frame,
    free_files,
    require_places,
    write_study,
    written_lines,
    wrong_places,
)
from tongqu.base import DataError, Problem, Report
from tongqu.data import Region
from tongqu.data.readers.parcel_words import finding_texts
from tongqu.data.readers.parcels import Parcels, read_parcels
from tongqu.views.land_html import land_html
from tongqu.views.parcels_html import parcels_html
from tongqu.workflow.land import land as study_land
from tongqu.workflow.land.parcels import FILES, noted, problem_file, problems_of, row_file
from tongqu.workflow.land.study import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["Files", "Survey", "import_land", "land"]

TABLE: Final = (".csv",)
PAGES: Final = (".html", ".htm")
FIRST_YEAR, LAST_YEAR = 1949, 2100
"""Years that the table land_use takes."""
CLASSES: Final = ("class", "now_mu", "share", "change_mu", "may_change_mu")
QUOTA: Final = ("unit", "farmland_mu", "over_floor_mu", "quota_left_mu", "saved_mu", "income_wan")
RELIEF: Final = {
    "raster": "land_relief_raster",
    "points": "land_relief_points",
    "none": "land_relief_none",
}
"""What is said of the slope, by where it comes from."""
PLACED: Final = ("unit", "demand_ha", "placed_ha", "unmet_ha", "score", "minutes", "gap")


@dataclass(frozen=True)
class Files:
    """Files of the user that the study reads: see `tongqu.land`."""

    _: KW_ONLY
    elevation: Path | None
    protected: Path | None
    quality: Path | None
    reproject: bool


@dataclass(frozen=True)
class Survey:
    """What the words of the command say about the parcels: see `read_parcels`."""

    path: Path
    _: KW_ONLY
    year: int
    source: str
    level: Literal["town", "county"]
    crs: str
    layer: str | None
    encoding: str | None
    columns: tuple[str, ...]
    class_words: tuple[str, ...]


def land(
    face: Face,
    region: str,
    scenario: Path | None,
    *,
    places: Places,
    files: Files,
    cell_m: float,
    demand_ha: Sequence[str],
) -> None:
    """Say what land is used for and where new land goes; write the tables and the page."""
    demand, problems = _demand(demand_ha)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        numbers = problems + wrong_numbers(loaded, cell_m=cell_m, demand_ha=demand) + _missing(files)
        require_places(face, places, kind="land", numbers=numbers)
        found = study_land(
            loaded,
            scenario,
            elevation=files.elevation,
            protected=files.protected,
            quality=files.quality,
            reproject=files.reproject,
            cell_m=cell_m,
            demand_ha=demand,
            progress=progress,
        )
        page = partial(land_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "quota": found.tables["quota"].to_dict("records"),
        "allocation": found.tables["allocation"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_tables(face, found), *written_lines(face, written)])


def _missing(files: Files) -> list[Problem]:
    """Files of the user that are not there."""
    named = (files.elevation, files.protected, files.quality)
    return [
        Problem("no such file", mend="check the path", file=str(path))
        for path in named
        if path is not None and not path.is_file()
    ]


def _demand(words: Sequence[str]) -> tuple[float | dict[str, float] | None, list[Problem]]:
    """Hectares as typed: one number for all, or some by county."""
    if not words:
        return None, []
    by_county: dict[str, float] = {}
    problems = []
    for word in words:
        unit, sign, value = (part.strip() for part in word.rpartition("="))
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (bool(sign) != bool(unit)):
            mend = "write HA, or COUNTY=HA"
            problems.append(Problem("no hectares", mend=mend, file="--demand-ha", value=word))
        elif unit in by_county:
            mend = "give it once"
            problems.append(Problem("a county is given twice", mend=mend, file="--demand-ha", value=word))
        else:
            by_county[unit] = number
    if "" in by_county and len(by_county) > 1:
        mend = "give one number for all, or one for each county"
        value = ", ".join(words)
        problems.append(Problem("hectares for all and by county", mend=mend, file="--demand-ha", value=value))
        return None, problems
    if problems:
        return None, problems
    return by_county.get("", by_county), []


def _tables(face: Face, found: FieldStudy) -> list[Table | str]:
    """Classes of the whole, farmland and quota by county, and where new land goes."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(table[list(columns)], found.region, kind="land", language=face.language, title=title)

    said = found.figures
    name = face.name(found.region.title_zh, found.region.title_en)
    ledger = found.tables["ledger"]
    parts: list[Table | str] = []
    if len(ledger):
        parts.append(shown(ledger[ledger["unit"] == found.whole], CLASSES, f"{name} {found.year}"))
        parts.append(shown(found.tables["quota"], QUOTA, face.word("land_quota_title")))
    else:
        parts.append(face.word("land_none"))
    placed = found.tables["allocation"]
    if len(placed):
        parts.append(shown(placed, PLACED, face.word("land_placed_title", year=said["last_year"])))
    share = said["modelled"]
    if not math.isnan(share):
        towns = said["modelled_towns"]
        own = "–" if math.isnan(towns) else f"{towns:.0%}"
        parts.append(face.word("land_modelled", share=f"{share:.0%}", towns=own))
    parts.append(face.word(RELIEF[said["relief"]]))
    return parts


def import_land(
    face: Face, survey: Survey, *, region: str, out: Path, problems: Path | None, force: bool
) -> None:
    """Read parcels, say what was found, and write rows of land use where nothing must be mended.

    Raises
    ------
    DataError
        With every place that must be mended; the file of problems is then written, the rows are not.
    """
    files: list[Target] = [("--out", out, TABLE), ("--problems", problems, FILES)]
    wrong = [*wrong_places(files), *_wrong_survey(survey)]
    columns, more = _pairs(survey.columns, option="--column")
    classes, others = _pairs(survey.class_words, option="--class-word")
    wrong += more + others
    if wrong:
        raise DataError(wrong)
    free_files(face, files, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        progress(Report("parcels"))
        found = read_parcels(
            survey.path,
            region=loaded,
            year=survey.year,
            source=survey.source,
            level=survey.level,
            columns=columns or None,
            classes=classes or None,
            crs=survey.crs,
            layer=survey.layer,
            encoding=survey.encoding,
        )
        broken = problems_of(found, file=survey.path.name)
        content: dict[Path, bytes] = {}
        if problems is not None:
            content[problems] = _problem_file(face, found, problems, loaded, survey)
        rows = found.land_use
        if broken:
            write_whole(content)
            raise DataError(broken)
        write_whole({out: row_file(rows), **content})
    written = [out, *content]
    notes = noted(found, kind="read")["finding"].value_counts()
    said = {
        "parcels": len(found.parcels),
        "area_mu": float(found.parcels["area_mu"].sum()),
        "rows": len(rows),
        "places": int(rows["unit"].nunique()),
        "notes": {str(name): int(count) for name, count in notes.items()},
        "written": [str(path) for path in written],
    }
    face.result(said, [*_survey_words(face, said), *written_lines(face, written)])


def _problem_file(face: Face, found: Parcels, path: Path, region: Region, survey: Survey) -> bytes:
    kind = path.suffix.lower()
    if kind in PAGES:
        page = parcels_html(found, region=region, file=survey.path.name, language=face.language)
        return page.encode()
    return problem_file(found, kind=kind, language=face.language)


def _survey_words(face: Face, said: dict[str, Any]) -> list[str]:
    texts = finding_texts().astype("str")
    spoken, mends = texts[face.language].to_dict(), texts[f"mend_{face.language}"].to_dict()
    lines = [
        face.word(
            "land_rows",
            parcels=f"{said['parcels']:,}",
            area=f"{said['area_mu']:,.0f}",
            rows=f"{said['rows']:,}",
            places=said["places"],
        )
    ]
    return lines + [f"{spoken[name]}: {count:,}; {mends[name]}" for name, count in said["notes"].items()]


def _wrong_survey(survey: Survey) -> list[Problem]:
    """A file that is not there, and a year and a source that cannot be."""
    problems = []
    if not survey.path.exists():
        problems.append(Problem("no such file", mend="check the path", file=str(survey.path)))
    if not FIRST_YEAR <= survey.year <= LAST_YEAR:
        mend = f"give a year from {FIRST_YEAR} to {LAST_YEAR}"
        problems.append(Problem("a year that cannot be", mend=mend, column="year", value=str(survey.year)))
    if not survey.source.strip():
        problems.append(Problem("no source", mend="give the code of a source", column="source"))
    return problems


def _pairs(words: Sequence[str], *, option: str) -> tuple[dict[str, str], list[Problem]]:
    """Words with an equals sign between two parts, taken apart, and those that are none."""
    pairs, problems = {}, []
    for word in words:
        name, sign, value = (part.strip() for part in word.partition("="))
        if name and sign and value:
            pairs[name] = value
        else:
            problems.append(Problem("no pair of words", mend="write NAME=VALUE", file=option, value=word))
    return pairs, problems

"""Regions to folders that git can diff."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.data.canonical import canonical_csv
from tongqu.data.header import Header, LayerEntry, header_toml
from tongqu.data.region import Region
from tongqu.data.validate import default_sources

__all__ = ["region_files", "region_header", "save_region"]


def csv_path(table: str, *, region: Region) -> str:
    """Where the table goes within the folder."""
    return str(PurePosixPath(region.files.get(table, f"{table}.csv")).with_suffix(".csv"))


def region_header(region: Region) -> Header:
    """The content of the region's ``region.toml``."""
    own = [table for table in region.tables if table not in region.provided]
    paths = {table: csv_path(table, region=region) for table in own}
    return Header(
        name=region.name,
        title_zh=region.title_zh,
        title_en=region.title_en,
        base_year=region.base_year,
        bbox=region.bbox,
        crs=region.crs,
        files={table: path for table, path in paths.items() if path != f"{table}.csv"},
        layers={
            name: LayerEntry(layer.file, layer.source, layer.role) for name, layer in region.layers.items()
        },
    )


def own_tables(region: Region) -> dict[str, pd.DataFrame]:
    """The region's own tables: without those of the package and the sources that came with them."""
    tables = {table: region[table] for table in region.tables if table not in region.provided}
    if region.provided:
        sources, given = tables["sources"], default_sources()
        same = sources.merge(given, how="left", indicator=True)["_merge"] == "both"
        tables["sources"] = sources[~same.to_numpy()]
    return tables


def region_files(region: Region, *, whole: bool = False) -> dict[str, bytes]:
    """All files of the region by their path within its folder: ``region.toml``, tables as CSV, layers.

    With ``whole``, also the tables that come from the package, so that the folder stands on its own.
    """
    files = {"region.toml": header_toml(region_header(region)).encode()}
    tables = dict(region.tables) if whole else own_tables(region)
    files |= {csv_path(table, region=region): canonical_csv(frame) for table, frame in tables.items()}
    return files | {layer.file: layer.content for layer in region.layers.values()}


def write_folder(region: Region, *, folder: Path) -> None:
    """All files of the region into a new folder."""
    folder.mkdir(parents=True)
    for name, content in region_files(region).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def save_region(region: Region, folder: str | Path) -> Path:
    """The region as a folder: ``region.toml``, one CSV per table in key order, and the layers.

    The folder appears whole or not at all. Reading it back gives a region with the same ``sha256``.

    Parameters
    ----------
    region : Region
        What to save.
    folder : str or Path
        A folder that is empty or not yet there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If there is something in the folder already.
    """
    target = Path(folder)
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        mend = "name a new folder, or empty this one"
        raise DataError([Problem(rule="the folder is not empty", mend=mend, file=str(target))])
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        write_folder(region, folder=draft)
        if target.is_dir():
            target.rmdir()  # a rename onto a folder fails on Windows
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target

"""What the studies of land, logistics, buses and digital networks give: tables, headline figures, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from tongqu.data import Language, Region
from tongqu.workflow.files import Kind, book_of, save_tables
from tongqu.workflow.prepare import ENGINE

__all__ = ["FieldStudy"]


@dataclass(frozen=True, eq=False)
class FieldStudy:
    """How things stand in one field, and what could be built, without a plan.

    Units are the whole (the code of the only city, else ``region``), counties, towns and villages.

    Parameters
    ----------
    kind : str
        The field: ``land``, ``logistics``, ``buses`` or ``digital``.
    region : Region
        Where.
    scenario : str
        Name of the scenario.
    whole : str
        Code of all counties together.
    year : int
        Year that the figures stand for.
    tables : mapping of str to DataFrame
        Tables by name, in the order of sheets and files.
    figures : mapping of str to object
        Headline figures as plain numbers and words.
    made_from : mapping of str to str
        What else it was made from, for the manifest of a folder.
    """

    kind: Kind
    region: Region
    scenario: str
    whole: str
    year: int
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Any]
    made_from: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        named = {"region": self.region.name, "scenario": self.scenario, "year": self.year}
        return {**named, **self.figures}

    def save(self, folder: str | FilePath, *, force: bool = False) -> FilePath:
        """Write every table as CSV (UTF-8 with a mark, for Excel) and a ``manifest.json`` into a folder.

        The folder appears whole or not at all.

        Parameters
        ----------
        folder : str or Path
            A folder that is absent or empty.
        force : bool
            Whether an earlier study of the same kind there may be replaced; nothing else ever is.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        RunError
            If something else is there, or an earlier study and not ``force``.
        """
        made = {
            "engine": ENGINE,
            "region": self.region.name,
            "region_sha256": self.region.sha256,
            "scenario": self.scenario,
            "year": self.year,
            **self.made_from,
        }
        return save_tables(FilePath(folder), kind=self.kind, tables=self.tables, manifest=made, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        return book_of(self.tables, self.region, kind=self.kind, language=language)

"""Layers of a map: GeoJSON files beside the tables, read when they are asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from tongqu.base.errors import DataError, Problem

__all__ = ["LAYER_ROLES", "Layer", "LayerRole"]

LayerRole = Literal["outline", "water", "rail", "station"]
LAYER_ROLES: tuple[LayerRole, ...] = get_args(LayerRole)


@dataclass(frozen=True)
class Layer:
    """A GeoJSON file of a region, in degrees WGS84.

    Parameters
    ----------
    name : str
        Name of the layer.
    path : Path
        The file.
    source : str
        Identifier in the sources table.
    role : {"outline", "water", "rail", "station"}
        What it shows.
    file : str
        The file as problems and ``region.toml`` call it: its path within the region.
    """

    name: str
    path: Path
    source: str
    role: LayerRole
    file: str

    @cached_property
    def content(self) -> bytes:
        """The file as it is, read once.

        Raises
        ------
        DataError
            If it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            rule = f"the file cannot be read ({error.strerror})"
            raise DataError([Problem(rule=rule, mend="check that it is there", file=self.file)]) from error

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def _features(self) -> tuple[pd.DataFrame, NDArray[np.object_]]:
        try:
            features = json.loads(self.content)["features"]
            texts = [None if f["geometry"] is None else json.dumps(f["geometry"]) for f in features]
            geometry = shapely.from_geojson(np.array(texts, dtype=object))
            properties: list[dict[str, Any]] = [dict(f["properties"] or {}) for f in features]
        except (ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
            mend = "save it as a GeoJSON FeatureCollection in UTF-8"
            raise DataError(
                [Problem(rule="not a readable GeoJSON file", mend=mend, file=self.file)]
            ) from error
        return pd.DataFrame(properties, index=range(len(features))), geometry

    @property
    def properties(self) -> pd.DataFrame:
        """Properties of the features, one row each.

        Raises
        ------
        DataError
            If the file is not a GeoJSON FeatureCollection.
        """
        return self._features[0].copy(deep=False)

    @property
    def geometry(self) -> NDArray[np.object_]:
        """Shapely geometries of the features in degrees (None where a feature has none).

        Raises
        ------
        DataError
            If the file is not a GeoJSON FeatureCollection.
        """
        return self._features[1].copy()

"""What the forecast rests on: levels, flows and schedules read from the censuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from tongqu.sectors.population.calibration import Calibration
from tongqu.sectors.population.census import AGES, Floats

__all__ = ["OUTSIDE", "calibration_table", "flow_table", "schedule_table"]

OUTSIDE: Final = "outside"


def flow_table(found: Calibration, counties: Sequence[str]) -> pd.DataFrame:
    """``origin, destination, kind, people, modelled``: persons a year in the decade of the censuses.

    Kinds: ``inside`` from county to county; ``leavers`` to outside; from outside ``newcomers``, who are
    registered elsewhere, and ``returners``, who come back.
    """
    moves, codes = found.moves, np.asarray(counties, dtype=object)
    out, into = moves.flows.sum(axis=1), moves.flows.sum(axis=0)
    away = np.full(len(codes), OUTSIDE, dtype=object)
    row, column = np.nonzero(~np.eye(len(codes), dtype=np.bool_))
    parts = [
        _flows(codes[row], codes[column], kind="inside", people=moves.flows[row, column]),
        _flows(codes, away, kind="leavers", people=np.maximum(moves.leavers - out, 0.0)),
        _flows(away, codes, kind="newcomers", people=np.maximum(moves.newcomers - into, 0.0)),
        _flows(away, codes, kind="returners", people=returners(found)),
    ]
    return pd.concat(parts, ignore_index=True)


def returners(found: Calibration) -> Floats:
    """Persons a year who come from outside and are not registered elsewhere, by county."""
    moves = found.moves
    inside = moves.flows.sum(axis=0)
    return np.asarray((moves.come - np.maximum(moves.newcomers, inside)).clip(min=0.0))


def _flows(origin: np.ndarray, destination: np.ndarray, *, kind: str, people: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {"origin": origin, "destination": destination, "kind": kind, "people": people, "modelled": True}
    ).astype({"origin": "str", "destination": "str"})


def schedule_table(found: Calibration) -> pd.DataFrame:
    """``age, leaving, coming, within``: shares by single age, each adding up to 1."""
    moves = found.moves
    shares = {"leaving": moves.leaving, "coming": moves.coming, "within": moves.within}
    return pd.DataFrame({"age": np.arange(AGES), **shares})


def calibration_table(found: Calibration, *, whole: str, counties: Sequence[str]) -> pd.DataFrame:
    """``unit, name, value``; what is not told by two censuses is 0, and ``explained`` is missing then."""
    moves = found.moves
    of_all = {
        "life_shift_male": found.shift[0],
        "life_shift_female": found.shift[1],
        "explained": found.explained,
    }
    by_county: Mapping[str, Floats] = {
        "births_per_woman": found.fertility,
        "leave": moves.leave,
        "leavers": moves.leavers,
        "come": moves.come,
        "newcomers": moves.newcomers,
        "to_town": moves.to_town,
        "urbanise": moves.urbanise,
        "net_migrants": found.net,
    }
    rows = [(whole, name, float(value)) for name, value in of_all.items()]
    rows += [
        (unit, name, float(value))
        for name, values in by_county.items()
        for unit, value in zip(counties, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["unit", "name", "value"])

"""Tables of the economy by section and sector: structure, checks, quotients, multipliers, linkages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.methods.input_output import (
    RELATIVE_TOLERANCE,
    TOLERANCE,
    Regional,
    Variant,
    allocation_coefficients,
    extract,
    imbalance,
    linkages,
    regional_multipliers,
    size_factor,
    slq,
    table_of,
    tables_in,
)
from tongqu.sectors.industry.reference import SECTIONS, Reference
from tongqu.workflow.economy.ground import Ground, effective_workers

__all__ = [
    "balance_table",
    "extraction_table",
    "flow_table",
    "linkage_table",
    "multiplier_table",
    "quotient_table",
    "structure_table",
]

Floats = npt.NDArray[np.float64]

YUAN_PER_WAN: Final = 10_000.0
PER_MILLION: Final = 100.0
"""万元 in a million yuan."""
LEAST: Final = 0.5
"""万元 below which a cell of a county's table is not listed: it rounds to nothing."""


def structure_table(ground: Ground) -> pd.DataFrame:
    """``unit, section, value_added_wan, jobs, share, per_worker_yuan, modelled, split_modelled``.

    ``modelled`` says whether the sum of farming, industry or services of the place is modelled; how it is
    split over sections always is (``split_modelled``, farming apart, which has one section).
    """
    table = _long(ground.units, SECTIONS, "section")
    value, jobs = ground.value_added, ground.jobs
    total = value.sum(axis=1, keepdims=True)
    share = np.divide(value, total, out=np.full_like(value, np.nan), where=total > 0)
    each = np.divide(value * YUAN_PER_WAN, jobs, out=np.full_like(value, np.nan), where=jobs > 0)
    return table.assign(
        value_added_wan=value.ravel(),
        jobs=jobs.ravel(),
        share=share.ravel(),
        per_worker_yuan=each.ravel(),
        modelled=ground.modelled.ravel(),
        split_modelled=table["section"] != "A",
    )


def balance_table(region: Region) -> pd.DataFrame:
    """``area, year, sectors, output_wan, row_gap_wan, column_gap_wan, row, column, tolerance_wan, balanced``.

    Each published table checked, not mended: the largest gap of a row and of a column, and whose it is.
    """
    rows = []
    for area, year in tables_in(region["input_output"]) if "input_output" in region.tables else []:
        table = table_of(region["input_output"], industries=region["industries"], area=area, year=year)
        row, column = (np.abs(side) for side in imbalance(table))
        allowed = TOLERANCE + RELATIVE_TOLERANCE * np.abs(table.output)
        good = bool((row <= allowed).all() and (column <= allowed).all())
        at = int(row.argmax()), int(column.argmax())
        gaps = [float(row.max()), float(column.max())]
        names = [table.sectors[at[0]], table.sectors[at[1]]]
        whole = float(table.output.sum())
        rows.append([area, year, len(table.sectors), whole, *gaps, *names, float(allowed.min()), good])
    columns = [
        "area",
        "year",
        "sectors",
        "output_wan",
        "row_gap_wan",
        "column_gap_wan",
        "row",
        "column",
        "tolerance_wan",
        "balanced",
    ]
    return pd.DataFrame(rows, columns=columns)


def quotient_table(ground: Ground, reference: Reference | None) -> pd.DataFrame:
    """``unit, section, jobs, slq, size_factor, value_slq, value_size_factor``: a place against the reference.

    The first two are of jobs. The tables of the places rest on the others: of workers who make the place's
    value added at the reference's productivity.
    """
    columns = ["unit", "section", "jobs", "slq", "size_factor", "value_slq", "value_size_factor"]
    if reference is None:
        return _none(columns, words=2)
    known = np.flatnonzero(reference.workers > 0)
    place, parent = ground.jobs[:, known], reference.workers[known] * reference.expansion
    some = np.flatnonzero(place.sum(axis=1) > 0)
    if not some.size:
        return _none(columns, words=2)
    place = place[some]
    units, sections = [ground.units[row] for row in some], [SECTIONS[column] for column in known]
    counted = reference.workers[known]
    made = effective_workers(ground, reference)[:, known][some]
    return _long(units, sections, "section").assign(
        jobs=place.ravel(),
        slq=slq(place, parent).ravel(),
        size_factor=_size(place, parent),
        value_slq=slq(made, counted).ravel(),
        value_size_factor=_size(made, counted),
    )


def _size(place: Floats, parent: Floats) -> Floats:
    """Flegg's factor of each place, once for each section."""
    return np.broadcast_to(size_factor(place, parent)[:, np.newaxis], place.shape).ravel()


def flow_table(ground: Ground, reference: Reference, local: Regional) -> pd.DataFrame:
    """``unit, row, column, amount_wan, local_wan``: modelled tables of the places in long form.

    ``amount_wan`` is all that is bought, wherever it comes from, ``local_wan`` what the place itself
    delivers (missing for value added and trade). Cells below half a 万元 are left out.
    """
    table, names = local.table, reference.table.sectors
    own = local.coefficients * table.output[:, np.newaxis, :]
    demand = [name for name in table.demand_names if name != "net_outflow"]
    inside = local.supply[:, :, np.newaxis] * table.demand[:, :, : len(demand)]
    more = np.stack([local.outflow, -local.inflow], axis=-1)
    blocks = [
        (names, names, table.flows, own),
        (names, demand, table.demand[:, :, : len(demand)], inside),
        (names, ("outflow", "inflow"), more, None),
        (table.value_names, names, table.value_added, None),
    ]
    parts = []
    for down, across, amount, near in blocks:
        at = np.nonzero(np.abs(amount) >= LEAST)
        part = {
            "unit": np.array(ground.units, dtype=object)[at[0]],
            "row": np.array(down, dtype=object)[at[1]],
            "column": np.array(across, dtype=object)[at[2]],
            "amount_wan": amount[at],
            "local_wan": np.full(len(at[0]), np.nan) if near is None else near[at],
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def multiplier_table(ground: Ground, reference: Reference, local: Regional) -> pd.DataFrame:
    """``unit, industry, output, output_2, income, income_2, jobs, jobs_2``.

    Output and labour income per yuan of final demand; jobs per million yuan; ``_2`` is type II, where
    households spend what they earn. All modelled.
    """
    found = regional_multipliers(local)
    per = {"output": 1.0, "income": 1.0, "jobs": PER_MILLION}
    table = _long(ground.units, reference.table.sectors, "industry")
    return table.assign(
        **{
            f"{name}{more}": np.asarray(getattr(found, f"{name}{more}")).ravel() * factor
            for name, factor in per.items()
            for more in ("", "_2")
        }
    )


def linkage_table(ground: Ground, reference: Reference, local: Regional) -> pd.DataFrame:
    """``unit, industry, backward, forward, backward_index, forward_index, quadrant, output_wan``.

    Indices have the mean 1. Quadrants: ``key`` (both above 1), ``backward``, ``forward`` and ``weak``.
    """
    own = local.coefficients * local.table.output[:, np.newaxis, :]
    found = linkages(local.coefficients, allocation=allocation_coefficients(own, local.table.output))
    back, ahead = found.backward_index > 1, found.forward_index > 1
    quadrant = np.select([back & ahead, back, ahead], ["key", "backward", "forward"], "weak")
    table = _long(ground.units, reference.table.sectors, "industry")
    return table.assign(
        backward=found.backward.ravel(),
        forward=found.forward.ravel(),
        backward_index=found.backward_index.ravel(),
        forward_index=found.forward_index.ravel(),
        quadrant=quadrant.ravel(),
        output_wan=local.table.output.ravel(),
    )


def extraction_table(ground: Ground, reference: Reference, local: Regional) -> pd.DataFrame:
    """``unit, industry, variant, loss_wan, share``: output lost without the sector, and of all output."""
    output = local.table.output
    demand = output - (local.coefficients @ output[..., np.newaxis])[..., 0]
    total = output.sum(axis=-1, keepdims=True)
    parts = []
    for variant in get_args(Variant):
        loss = extract(local.coefficients, demand=demand, variant=variant).total
        share = np.divide(loss, total, out=np.full_like(loss, np.nan), where=total > 0)
        table = _long(ground.units, reference.table.sectors, "industry")
        parts.append(table.assign(variant=variant, loss_wan=loss.ravel(), share=share.ravel()))
    return pd.concat(parts, ignore_index=True)


def _long(units: Sequence[str], names: Sequence[str], column: str) -> pd.DataFrame:
    """Rows for every pair, units first."""
    index = pd.MultiIndex.from_product([list(units), list(names)], names=["unit", column])
    return index.to_frame(index=False)


def _none(columns: Sequence[str], *, words: int) -> pd.DataFrame:
    """No rows; the first columns hold words, the others numbers."""
    kinds = ["str"] * words + ["float64"] * (len(columns) - words)
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in zip(columns, kinds, strict=True)})

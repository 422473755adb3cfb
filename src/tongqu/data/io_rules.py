"""Rules of input-output tables: rows and columns balance, no output is negative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.problems import Problems
from tongqu.data.rules import Checked

__all__ = ["DEMAND", "INCOMING", "VALUE", "check_input_output"]

DEMAND: Final = frozenset(
    (
        "household",
        "government",
        "consumption",
        "capital",
        "stocks",
        "export",
        "outflow",
        "net_outflow",
        "import",
        "inflow",
        "error",
    )
)
"""Roles of columns of final demand."""
INCOMING: Final = frozenset(("import", "inflow"))
"""Roles whose positive amounts are subtracted."""
VALUE: Final = frozenset(("labour", "taxes", "depreciation", "surplus", "value_added"))
"""Roles of rows of value added."""
TOLERANCE_WAN: Final = 1.0
"""万元 by which a row or column may miss its output: published tables are rounded."""
RELATIVE: Final = 1e-6
"""Share of output by which it may miss besides."""
KEY: Final = ["area", "year"]


def check_input_output(tables: Mapping[str, Checked], *, problems: Problems) -> None:
    """Report cells where none can stand, negative outputs, and rows and columns that miss their output.

    A statistical error that is published with the table is a part of the balance. Nothing is balanced here.
    """
    cells, industries = tables.get("input_output"), tables.get("industries")
    if cells is None or industries is None or not industries.has("industry", "role"):
        return
    if not cells.has("area", "year", "row", "column", "amount_wan"):
        return
    role = pd.Series(industries.text["role"].to_numpy(), index=industries.text["industry"].to_numpy())
    role = role[~role.index.duplicated()]
    frame = pd.DataFrame(
        {
            "area": cells.text["area"].to_numpy(),
            "year": cells.typed["year"].to_numpy(),
            "row": cells.text["row"].to_numpy(),
            "column": cells.text["column"].to_numpy(),
            "amount": cells.typed["amount_wan"].astype("float64").to_numpy(),
        }
    )
    frame = frame.assign(down=frame["row"].map(role), across=frame["column"].map(role))
    sound = frame.notna().all(axis="columns").to_numpy()
    stray = sound & ~_can_stand(frame)
    mend = "rows are sectors or, under a sector, value added; columns are sectors, final demand or output"
    problems.add_rows("a cell that no input-output table has", at=cells.place("row"), where=stray, mend=mend)
    negative = sound & (frame["across"] == "output").to_numpy() & (frame["amount"] < 0).to_numpy()
    mend = "enter an output of 0 or more"
    problems.add_rows("negative output", at=cells.place("amount_wan"), where=negative, mend=mend)
    if sound.all() and not stray.any():
        _check_balance(cells, frame, problems=problems)


def _can_stand(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """True where row and column fit each other."""
    sells = frame["down"].eq("sector") & (frame["across"].isin({"sector", "output"} | DEMAND))
    adds = frame["down"].isin(VALUE) & frame["across"].eq("sector")
    return np.asarray((sells | adds).to_numpy(), dtype=bool)


def _check_empty(
    cells: Checked, frame: pd.DataFrame, sums: pd.Series, *, side: str, problems: Problems
) -> None:
    """Report each output of a sector that has no cell at all in its row or its column."""
    out = (frame["across"] == "output").to_numpy() & (frame["amount"] > TOLERANCE_WAN).to_numpy()
    empty = out & ~pd.MultiIndex.from_frame(frame[[*KEY, "row"]]).isin(sums.index)

    def mend(at: int, _: str) -> str:
        where, made = f"{frame['area'].iloc[at]} {frame['year'].iloc[at]}", frame["amount"].iloc[at]
        return f"in {where} the {side} adds up to 0, its output is {made:.10g}: correct a cell"

    rule = f"a {side} that does not add up to its output"
    problems.add_rows(rule, at=cells.place("row"), where=empty, mend=mend)


def _check_balance(cells: Checked, frame: pd.DataFrame, *, problems: Problems) -> None:
    """Report the first row of the file of each sector whose row or column sum is not its output."""
    signed = frame["amount"].where(~frame["across"].isin(INCOMING), -frame["amount"])
    out = frame["across"] == "output"
    rows = signed[~out].groupby([frame["area"], frame["year"], frame["row"]]).sum()
    columns = (
        frame["amount"]
        .where(frame["across"] == "sector")[~out]
        .groupby([frame["area"], frame["year"], frame["column"]])
        .sum()
    )
    output = frame[out].set_index([*KEY, "row"])["amount"]
    output = output[~output.index.duplicated()]
    given = pd.MultiIndex.from_frame(frame.loc[out, KEY].drop_duplicates())
    known = pd.MultiIndex.from_frame(frame[KEY]).isin(given)
    for side, sums in (("row", rows), ("column", columns)):
        _check_empty(cells, frame, sums, side=side, problems=problems)
        key = pd.MultiIndex.from_frame(frame[[*KEY, side]])
        # Without a column of output, a row's sum is the output that the columns must meet.
        whole = output.reindex(key).to_numpy(np.float64)
        whole = np.where(known, np.nan_to_num(whole), rows.reindex(key).to_numpy(np.float64))
        total = sums.reindex(key).to_numpy(np.float64)
        code = frame["down" if side == "row" else "across"] == "sector"
        miss = np.abs(total - whole) > TOLERANCE_WAN + RELATIVE * np.abs(whole)
        wrong = code.to_numpy() & miss & ~frame.duplicated([*KEY, side]).to_numpy()

        def mend(at: int, _: str, side: str = side, total: object = total, whole: object = whole) -> str:
            made, sums = np.asarray(whole)[at], np.asarray(total)[at]
            where = f"{frame['area'].iloc[at]} {frame['year'].iloc[at]}"
            return f"in {where} the {side} adds up to {sums:.10g}, its output is {made:.10g}: correct a cell"

        rule = f"a {side} that does not add up to its output"
        problems.add_rows(rule, at=cells.place(side), where=wrong, mend=mend)

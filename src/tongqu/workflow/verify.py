"""Verify: re-check every figure of a stored run against its own inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress, Report, RunError, silent
from tongqu.contracts import TABLES, Run, check_files, open_run, run_id
from tongqu.engine.check import Checked, check_plan
from tongqu.engine.coordinate import mean_log
from tongqu.engine.inputs import Inputs, prepare
from tongqu.engine.optimise import Certificate, Plan
from tongqu.workflow.plan import tables_of
from tongqu.workflow.prepare import ENGINE, sector_versions, sectors_for

__all__ = ["Verification", "verify"]

TOLERANCE: Final = 1e-9
"""Relative difference up to which a recomputed figure is the same."""

MONEY_TOLERANCE: Final = 2.0
"""万元 by which an account may be off: the solver's tolerance on the sums of a county."""


STOCK_TOLERANCE: Final = 0.01
"""Mu or persons by which land and staff may be off: the solver's tolerance on the sums of a county."""


@dataclass(frozen=True)
class Verification:
    """What was re-checked; ``problems`` is empty when everything holds."""

    run: Run
    checks: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return not self.problems

    def summary(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "run": self.run.id,
            "ok": self.ok,
            "checks": list(self.checks),
            "problems": [str(problem) for problem in self.problems],
        }


def verify(path: str | Path, *, progress: Progress = silent) -> Verification:
    """Re-check a run: files, id, offers, simulation, every table, accounts, limits and certificate.

    Raises
    ------
    RunError
        If the folder is no run, for example because writing it was broken off.
    """
    run = open_run(path)
    progress(Report("verify"))
    problems = check_files(run)
    if problems:
        return Verification(run, ("files",), tuple(problems))
    try:
        region, scenario = run.region, run.scenario
        sectors = sectors_for(region)
        inputs = prepare(region, sectors, scenario=scenario, progress=progress)
        stored = _stored_plan(run)
    except (KeyError, ValueError) as error:
        raise RunError(f"{run.path}: the run cannot be read: {error}") from error
    wanted = run_id(region, scenario, engine=ENGINE, sectors=sector_versions(sectors))
    if wanted != run.id:
        problems.append(
            Problem(
                rule=f"the run's id is not that of its inputs ({wanted})",
                mend="verify with the version that made it, or make the run again",
                file="manifest.json",
                column="id",
                value=run.id,
            )
        )
    checked = check_plan(inputs, stored, progress=progress)
    problems += _tables(run, inputs, stored, checked)
    problems += _accounts(run) + _limits(run) + _choices(run) + _certificate(run, inputs, stored, checked)
    return Verification(
        run, ("files", "id", "tables", "accounts", "limits", "choices", "certificate"), tuple(problems)
    )


def _stored_plan(run: Run) -> Plan:
    """The plan as stored, for re-simulation."""
    decisions = run["results/decisions"].set_index("project")["start"]
    promise = run["results/promise"]
    indices = promise[promise["variable"].isin(["U", "R", "D"])]
    promised = indices.pivot_table(index=["unit", "year"], columns="variable", values="promised")
    keys = Certificate.__dataclass_fields__
    certificate = Certificate(**{name: run.certificate[name] for name in keys})
    return Plan(decisions, promised, _added(run), run["results/accounts"], run["results/prices"], certificate)


def _added(run: Run) -> pd.DataFrame:
    """People newly served as promised: promise minus the baseline."""
    promise = run["results/promise"]
    mine = promise[promise["variable"].str.startswith("served.")]
    base = run["results/outcomes"]
    base = base[(base["case"] == "base") & base["variable"].isin(mine["variable"].unique())]
    county = run.region.county_of(base["unit"].unique())
    by_county = base.assign(county=base["unit"].map(county)).groupby(["county", "year", "variable"])
    served = by_county["value"].sum()
    keys = pd.MultiIndex.from_frame(mine[["unit", "year", "variable"]])
    added = mine["promised"].to_numpy() - served.reindex(keys).to_numpy()
    return pd.DataFrame(
        {
            "unit": mine["unit"].to_numpy(),
            "year": mine["year"].to_numpy(),
            "service": mine["variable"].str.removeprefix("served.").to_numpy(),
            "added": added,
        }
    )


def _tables(run: Run, inputs: Inputs, stored: Plan, checked: Checked) -> list[Problem]:
    """Every table recomputed from the inputs and the decisions."""
    problems = []
    for name, fresh in tables_of(inputs, stored, checked).items():
        problems += _compare(run[name], fresh, name=name)
    missing = [name for name in TABLES if not (run.path / f"{name}.parquet").is_file()]
    return problems + [
        Problem(rule="a table is missing", mend="make the run again", file=name) for name in missing
    ]


def _compare(stored: pd.DataFrame, fresh: pd.DataFrame, *, name: str) -> list[Problem]:
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [
            Problem(
                rule="the table recomputed has other rows or columns", mend="make the run again", file=name
            )
        ]
    problems = []
    for column in stored.columns:
        old, new = stored[column], fresh[column].reset_index(drop=True)
        if pd.api.types.is_float_dtype(old):
            same = np.isclose(
                old.to_numpy(), new.to_numpy(dtype=np.float64), rtol=TOLERANCE, atol=1e-7, equal_nan=True
            )
        else:
            same = (old.astype("str") == new.astype("str")).to_numpy()
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            problems.append(
                Problem(
                    rule=f"{int((~same).sum())} figures differ when recomputed, the first is {new.iloc[row]}",
                    mend="make the run again",
                    file=name,
                    row=row + 2,
                    column=str(column),
                    value=str(old.iloc[row]),
                )
            )
    return problems


def _accounts(run: Run) -> list[Problem]:
    """Cash and debt roll forward to the yuan, and nothing is negative."""
    wide = run["results/accounts"].pivot_table(
        index=["unit", "year"], columns="item", values="amount", fill_value=0.0
    )
    for item in ("capital", "running", "grant", "borrow", "repay", "interest", "cash", "debt", "room"):
        wide[item] = wide.get(item, 0.0)
    problems = _bills(run, wide)
    before = wide.groupby(level="unit")[["cash", "debt"]].shift(fill_value=0.0)
    cash = (
        before["cash"]
        + wide["room"]
        + wide["grant"]
        + wide["borrow"]
        - wide["repay"]
        - wide["interest"]
        - wide["capital"]
        - wide["running"]
    )
    debt = before["debt"] + wide["borrow"] - wide["repay"]
    for name, wanted in (("cash", cash), ("debt", debt)):
        off = (wanted - wide[name]).abs()
        if (off > MONEY_TOLERANCE).any():
            problems.append(
                Problem(
                    rule=f"{name} does not follow from the year before by {off.max():.2f} 万元",
                    mend="make the run again",
                    file="results/accounts",
                    column=name,
                    value=str(off.idxmax()),
                )
            )
    return problems


def _bills(run: Run, wide: pd.DataFrame) -> list[Problem]:
    """Nothing is below nothing; what is paid is the ledger's, and the yearly money is the offer's."""
    money = run["results/ledger"].query("ledger == 'money'").rename(columns={"key": "item"})
    limits = run["offer/limits"].query("ledger == 'money' and key == 'room'").assign(item="room")
    wanted = pd.concat([frame[["unit", "year", "item", "amount"]] for frame in (money, limits)])
    table = wanted.pivot_table(index=["unit", "year"], columns="item", values="amount", aggfunc="sum")
    problems = []
    for item in ("capital", "running", "room"):
        stated = table[item] if item in table else pd.Series(0.0, index=wide.index)
        off = (wide[item] - stated.reindex(wide.index).fillna(0.0)).abs()
        if (off > MONEY_TOLERANCE).any():
            problems.append(
                (item, f"it is not what the ledger or the offer says, by {off.max():.2f} 万元", off)
            )
    below = wide.min(axis=1)
    if (below < -MONEY_TOLERANCE).any():
        problems.append(("", f"an item is below nothing: {below.min():.2f} 万元", -below))
    return [
        Problem(
            rule=rule,
            mend="make the run again",
            file="results/accounts",
            column=item,
            value=str(off.idxmax()),
        )
        for item, rule, off in problems
    ]


def _limits(run: Run) -> list[Problem]:
    """Debt, city pool, land and staff stay within the limits of the offer."""
    limits = run["offer/limits"].set_index(["ledger", "unit", "key", "year"])["amount"].sort_index()
    accounts = run["results/accounts"]
    used = run["results/ledger"]
    debt = accounts[accounts["item"] == "debt"].assign(ledger="money", key="debt")
    grants = accounts[accounts["item"] == "grant"].groupby("year", as_index=False)["amount"].sum()
    pool = limits[limits.index.get_level_values("key") == "pool"].groupby("year").sum()
    problems = []
    over = grants.set_index("year")["amount"] - pool.reindex(grants["year"]).fillna(0.0)
    if (over > MONEY_TOLERANCE).any():
        problems.append(
            Problem(
                rule="grants exceed the city's pool",
                mend="make the run again",
                file="results/accounts",
                column="grant",
                value=str(over.idxmax()),
            )
        )
    both = pd.concat(
        [
            debt[["ledger", "unit", "key", "year", "amount"]],
            used.loc[used["ledger"].isin(["land", "staff"]), ["ledger", "unit", "key", "year", "amount"]],
        ]
    )
    keys = pd.MultiIndex.from_frame(both[["ledger", "unit", "key", "year"]])
    excess = both["amount"].to_numpy() - limits.reindex(keys).fillna(np.inf).to_numpy()
    money = (both["ledger"] == "money").to_numpy()
    over = excess > np.where(money, MONEY_TOLERANCE, STOCK_TOLERANCE)
    if over.any():
        worst = keys[int(np.where(over, excess, -np.inf).argmax())]
        problems.append(
            Problem(
                rule=f"a limit is exceeded by {excess[over].max():.3f}",
                mend="make the run again",
                file="results/ledger",
                value=" ".join(str(part) for part in worst),
            )
        )
    return problems


def _choices(run: Run) -> list[Problem]:
    """Starts lie in the plan; requirements, groups, pins and bans of the scenario are kept."""
    scenario, chosen = run.scenario, run["results/decisions"].set_index("project")
    needy = chosen[chosen["requires"] != ""]
    opens = chosen["opens"].reindex(needy["requires"]).to_numpy(dtype=np.float64)
    wrong = [
        (str(project), "what it requires does not open in time")
        for project in needy.index[~(opens <= needy["opens"].to_numpy())]
    ]
    twice = chosen.loc[(chosen["group"] != "") & chosen["group"].duplicated(), "group"]
    wrong += [(str(group), "two projects of one group") for group in twice.unique()]
    outside = chosen.index[(chosen["start"] < scenario.first_year) | (chosen["opens"] > scenario.last_year)]
    wrong += [(str(project), "starts or opens outside the plan") for project in outside]
    starts = chosen["start"].to_dict()
    wrong += [
        (pin.project, "does not start when the scenario says")
        for pin in scenario.pinned
        if starts.get(pin.project) != pin.year
    ]
    wrong += [(name, "is banned by the scenario") for name in scenario.banned if name in starts]
    return [
        Problem(rule=rule, mend="make the run again", file="results/decisions", value=name)
        for name, rule in wrong
    ]


def _certificate(run: Run, inputs: Inputs, stored: Plan, checked: Checked) -> list[Problem]:
    """Objective, baseline and simulated value recomputed; the bound lies above; the gap is what it says."""
    stated = run.certificate
    figures = {
        "objective": mean_log(stored.promised, inputs.weights),
        "baseline": mean_log(inputs.indicators.indices, inputs.weights),
        "simulated": checked.objective,
        "gap": max(0.0, stated["bound"] - stated["objective"]),
    }
    problems = [
        Problem(
            rule=f"recomputed it is {value:.9f}",
            mend="make the run again",
            file="manifest.json",
            column=f"certificate.{name}",
            value=str(stated[name]),
        )
        for name, value in figures.items()
        if abs(value - stated[name]) > 1e-8
    ]
    if stated["bound"] < stated["objective"] - 1e-9:
        problems.append(
            Problem(
                rule="the bound lies below the plan's own value",
                mend="make the run again",
                file="manifest.json",
                column="certificate.bound",
                value=str(stated["bound"]),
            )
        )
    if stated["status"] == "optimal" and stated["gap"] > stated["gap_asked"] + stated["tangent_error"] + 1e-9:
        problems.append(
            Problem(
                rule="the gap is larger than asked for",
                mend="make the run again",
                file="manifest.json",
                column="certificate.gap",
                value=str(stated["gap"]),
            )
        )
    return problems

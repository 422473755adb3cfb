"""Every figure of the report as tables computed from a stored run; nothing is drawn here."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Final

import pandas as pd

from tongqu.contracts import Run
from tongqu.methods.inequality import worst_tenth_mean

__all__ = ["SERVED", "Figures"]

SERVED: Final = 0.999
"""A village counts as served when this share of its demand is."""

USES: Final = ("capital", "running", "interest", "repay")
SOURCES: Final = ("room", "grant", "borrow")


class Figures:
    """Figures of a run; each is computed once, from the stored tables.

    Parameters
    ----------
    run : Run
        The stored run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        scenario = run.manifest["scenario"]
        self.first, self.last = int(scenario["first_year"]), int(scenario["last_year"])

    @cached_property
    def units(self) -> pd.DataFrame:
        """The places, indexed by code."""
        return self.run.region["units"].set_index("unit")

    @cached_property
    def counties(self) -> list[str]:
        """Codes of the counties."""
        return [str(code) for code in self.run.region.level("county").index]

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """Chosen projects with the names of village, town and county."""
        table = self.run["results/decisions"]
        names = self.units["name"]
        village = self.units["level"].reindex(table["unit"]).eq("village").to_numpy()
        table["village_name"] = names.reindex(table["unit"]).where(village, "").fillna("").to_numpy()
        for level in ("town", "county"):
            table[f"{level}_name"] = names.reindex(table[level]).fillna("").to_numpy()
        return table

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Money, land, staff and stock of the plan."""
        return self.run["results/ledger"]

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Yearly accounts: unit and year in rows, items in columns, 万元."""
        wide = self.run["results/accounts"].pivot_table(
            index=["unit", "year"], columns="item", values="amount", aggfunc="sum", fill_value=0.0
        )
        for item in (*USES, *SOURCES, "cash", "debt"):
            if item not in wide:
                wide[item] = 0.0
        return wide

    @cached_property
    def city_accounts(self) -> pd.DataFrame:
        """Accounts of all counties together by year, 万元."""
        return self.accounts.groupby(level="year").sum()

    @cached_property
    def debt_limits(self) -> pd.Series:
        """Most new debt of each county in the last year, 万元."""
        limits = self.run["offer/limits"]
        mine = limits[(limits["key"] == "debt") & (limits["year"] == self.last)]
        return mine.set_index("unit")["amount"]

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Village figures of the last year: unit in rows, (case, variable) in columns."""
        table = self.run["results/outcomes"]
        mine = table[table["year"] == self.last]
        villages = self.run.region.level("village").index
        mine = mine[mine["unit"].isin(villages)]
        return mine.pivot_table(index="unit", columns=["case", "variable"], values="value").reindex(villages)

    @cached_property
    def service_names(self) -> list[str]:
        """Services of the run."""
        names = {str(name) for name in self.outcomes.columns.get_level_values("variable")}
        names = {name for name in names if name.startswith("served.")}
        return sorted(name.removeprefix("served.") for name in names)

    @cached_property
    def services(self) -> pd.DataFrame:
        """By service and county in the last year: demand, people served without and with the plan."""
        county = self.run.region.county_of(self.outcomes.index).to_numpy()
        parts = []
        for service in self.service_names:
            columns = {
                "demand": self.outcomes["plan", f"demand.{service}"],
                "before": self.outcomes["base", f"served.{service}"],
                "after": self.outcomes["plan", f"served.{service}"],
            }
            parts.append(
                pd.DataFrame(columns).groupby(county).sum().rename_axis("unit").assign(service=service)
            )
        return pd.concat(parts).reset_index()

    @cached_property
    def service_totals(self) -> pd.DataFrame:
        """The same for all counties together, indexed by service."""
        return self.services.groupby("service")[["demand", "before", "after"]].sum()

    def states(self, service: str) -> pd.Series:
        """State of each village: 0 no demand, 1 served before, 2 newly served, 3 still without."""
        demand = self.outcomes["plan", f"demand.{service}"].fillna(0.0)
        before = self.outcomes["base", f"served.{service}"] / demand.where(demand > 0)
        after = self.outcomes["plan", f"served.{service}"] / demand.where(demand > 0)
        state = pd.Series(3, index=demand.index)
        state[after >= SERVED] = 2
        state[before >= SERVED] = 1
        state[demand <= 0] = 0
        return state

    def without(self, service: str, *, most: int = 10) -> pd.DataFrame:
        """Villages with most people still without a service: ``unit, name, town, people, minutes``."""
        lacking = self.outcomes["plan", f"demand.{service}"] - self.outcomes["plan", f"served.{service}"]
        lacking = lacking[lacking > 0.5].sort_values(ascending=False, kind="stable").head(most)
        units = self.units.loc[lacking.index]
        table = pd.DataFrame({"name": units["name"], "people": lacking})
        table["town"] = self.units["name"].reindex(units["parent"]).to_numpy()
        key = ("plan", f"minutes.{service}")
        table["minutes"] = self.outcomes[key].reindex(lacking.index) if key in self.outcomes else float("nan")
        return table

    @cached_property
    def indices(self) -> pd.DataFrame:
        """U, R, C, T, D indexed by case, unit, year."""
        return self.run["results/indices"].set_index(["case", "unit", "year"]).sort_index()

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Mean over counties in the last year by indicator and case, with the goalposts."""
        table = self.run["results/indicators"]
        mine = table[table["year"] == self.last]
        wide = mine.pivot_table(index="indicator", columns="case", values=["value", "score"])
        wide = wide.set_axis(["_".join(pair) for pair in wide.columns.to_flat_index()], axis=1)
        goal = self.run.region["indicators"].set_index("indicator")
        weight = mine.drop_duplicates("indicator").set_index("indicator")["weight"]
        joined = goal.drop(columns="weight").join(wide, how="inner").join(weight)
        return joined.sort_values(["side", "pillar"], ascending=[False, True], kind="stable")

    def obstacles(self, unit: str, *, side: str, most: int = 2) -> list[tuple[str, float]]:
        """Indicators that hold a side of a county back most with the plan, in the last year."""
        table = self.run["results/obstacles"]
        mine = table[(table["case"] == "plan") & (table["year"] == self.last) & (table["unit"] == unit)]
        names = self.run.region["indicators"].set_index("indicator")["side"]
        mine = mine[mine["indicator"].map(names) == side]
        top = mine.sort_values(["degree", "indicator"], ascending=[False, True]).head(most)
        return [(str(row["indicator"]), float(row["degree"])) for row in top.to_dict("records")]

    @cached_property
    def worst_tenth(self) -> tuple[float, float]:
        """Mean share of services met where the worst-off tenth of people live, without and with the plan."""
        people = self.outcomes["plan", "people.total"]
        found = []
        for case in ("base", "plan"):
            shares = [
                self.outcomes[case, f"served.{service}"] / demand.where(demand > 0)
                for service in self.service_names
                for demand in [self.outcomes[case, f"demand.{service}"]]
            ]
            mean = pd.concat(shares, axis=1).mean(axis=1).clip(0.0, 1.0)
            kept = mean.notna() & (people > 0)
            found.append(float(worst_tenth_mean(mean[kept], people[kept], worst="low")))
        return found[0], found[1]

    @cached_property
    def promise(self) -> pd.DataFrame:
        """Promised and simulated sums by variable; means for the indices."""
        table = self.run["results/promise"]
        by = table.groupby("variable")[["promised", "simulated"]]
        sums = by.sum()
        mean = sums.index.isin(["U", "R", "D"])
        sums[mean] = by.mean()[mean]
        sums["difference"] = sums["simulated"] / sums["promised"].where(sums["promised"] != 0) - 1
        return sums.fillna(0.0)

    @cached_property
    def prices(self) -> pd.Series:
        """Gain of mean D from 1000 万元 more in a county, mean over the years."""
        table = self.run["results/prices"]
        per_wan = table.groupby("unit")["price"].mean()
        return per_wan * 1000 * math.exp(self.run.certificate["simulated"])

    def headline(self) -> dict[str, float]:
        """The figures of the first page."""
        certificate, totals, money = self.run.certificate, self.service_totals, self.ledger
        money = money[money["ledger"] == "money"]
        added = totals["after"] - totals["before"]
        found = totals[totals.index == "medical_circle"].to_dict("records")
        circle = found[0] if found else {}
        return {
            "projects": float(len(self.decisions)),
            "candidates": float(certificate["candidates"]),
            "capital": float(money.loc[money["key"] == "capital", "amount"].sum()),
            "running": float(
                money.loc[(money["key"] == "running") & (money["year"] == self.last), "amount"].sum()
            ),
            "debt": float(self.city_accounts["debt"].max()),
            "circle": float(added.get("medical_circle", 0.0)),
            "circle_before": circle["before"] / circle["demand"] if circle else 0.0,
            "circle_after": circle["after"] / circle["demand"] if circle else 0.0,
            "clinic": float(added.get("clinic", 0.0)),
            "pupils": float(added.get("primary_ride", 0.0) + added.get("junior_ride", 0.0)),
            "road": float(added.get("graded_road", 0.0)),
            "d_before": math.exp(certificate["baseline"]),
            "d_after": math.exp(certificate["simulated"]),
            "gap": math.expm1(certificate["gap"]),
        }

"""Make ledger entries from a table of projects, so that its columns and its entries agree by construction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts.offer import ENTRY_COLUMNS, FOREVER, PROJECT_COLUMNS, Offer, empty_frame

__all__ = ["cost_entries", "lasting_entries", "link_upgrades", "project_table", "yearly_limits"]


def project_table(
    columns: dict[str, npt.ArrayLike | str | float | bool], *, sector: str, kind: str
) -> pd.DataFrame:
    """Give a projects table with every column of the contract; what is not given is blank, 0 or False.

    Examples
    --------
    >>> table = project_table(
    ...     {"project": ["clinic:a"], "county": "c", "lead": 1}, sector="health", kind="clinic"
    ... )
    >>> table[["sector", "kind", "lead", "capital_wan"]].astype("str").iloc[0].tolist()
    ['health', 'clinic', '1', '0.0']
    """
    count = np.asarray(columns["project"]).size
    blank: dict[str, object] = {"str": "", "float64": 0.0, "int64": 0, "bool": False}
    full = {name: columns.get(name, blank[kind_]) for name, kind_ in PROJECT_COLUMNS.items()}
    full |= {"sector": sector, "kind": kind}
    table = pd.DataFrame(full, index=pd.RangeIndex(count))
    return table.astype(dict(PROJECT_COLUMNS))


def cost_entries(projects: pd.DataFrame) -> pd.DataFrame:
    """Give the money and land entries of projects.

    Capital is paid in equal parts over the ``lead`` years (at once when 0), running cost in every year in
    which the project works, land from the first year on. Prices are constant, those of the base year.
    """
    spread = projects.loc[projects.index.repeat(projects["lead"].clip(lower=1))]
    since = spread.groupby("project", sort=False).cumcount().to_numpy()
    capital = _entries(
        spread["project"],
        ledger="money",
        unit=spread["county"],
        key="capital",
        since=since,
        until=since,
        amount=spread["capital_wan"] / spread["lead"].clip(lower=1),
    )
    running = lasting_entries(
        projects, ledger="money", unit=projects["county"], key="running", amount=projects["running_wan"]
    )
    land = _entries(
        projects["project"],
        ledger="land",
        unit=projects["county"],
        key="construction",
        since=0,
        until=FOREVER,
        amount=projects["land_mu"],
    )
    together = pd.concat([capital, running, land], ignore_index=True)
    return together[together["amount"] != 0].reset_index(drop=True)


def lasting_entries(
    projects: pd.DataFrame,
    *,
    ledger: str,
    unit: npt.ArrayLike,
    key: npt.ArrayLike | str,
    amount: npt.ArrayLike | float,
) -> pd.DataFrame:
    """Give entries that count in every year in which the project works."""
    return _entries(
        projects["project"],
        ledger=ledger,
        unit=unit,
        key=key,
        since=projects["lead"].to_numpy(),
        until=FOREVER,
        amount=amount,
    )


def _entries(
    project: pd.Series,
    *,
    ledger: str,
    unit: npt.ArrayLike,
    key: npt.ArrayLike | str,
    since: npt.ArrayLike | int,
    until: npt.ArrayLike | int,
    amount: npt.ArrayLike | float,
) -> pd.DataFrame:
    if len(project) == 0:
        return empty_frame(ENTRY_COLUMNS)
    content = {
        "project": project.to_numpy(),
        "ledger": ledger,
        "unit": np.asarray(unit),
        "key": np.asarray(key),
        "since": since,
        "until": until,
        "amount": np.asarray(amount, dtype=np.float64),
    }
    return pd.DataFrame(content, index=pd.RangeIndex(len(project))).astype(dict(ENTRY_COLUMNS))


def link_upgrades(offer: Offer) -> pd.DataFrame:
    """Give the road links that each project speeds up, with those of the projects that it requires.

    Returns
    -------
    DataFrame
        Columns ``project, link, minutes``, sorted; the fastest time where a link comes twice.
    """
    own = offer.entries.loc[offer.entries["ledger"] == "link", ["project", "key", "amount"]]
    own = own.rename(columns={"key": "link", "amount": "minutes"})
    needs = offer.projects.set_index("project")["requires"]
    needs = needs[needs.index.isin(own["project"]) & needs.isin(own["project"])]
    parts, holder = [own], pd.Series(own["project"].unique(), index=own["project"].unique())
    while len(holder):
        holder = holder.map(needs).dropna()
        more = own.merge(
            holder.rename("holder").rename_axis("owner").reset_index(), left_on="project", right_on="holder"
        )
        parts.append(more.assign(project=more["owner"])[["project", "link", "minutes"]])
    together = pd.concat(parts, ignore_index=True)
    return together.groupby(["project", "link"], sort=True)["minutes"].min().reset_index()


def yearly_limits(
    units: npt.ArrayLike, years: npt.ArrayLike, *, ledger: str, key: str, a_year: float
) -> pd.DataFrame:
    """Give limits of a ledger that adds up: so much more in every unit and year, unused room is kept.

    Examples
    --------
    >>> yearly_limits(["c"], [2026, 2027], ledger="staff", key="doctors", a_year=5)["amount"].tolist()
    [5.0, 10.0]
    """
    places, when = np.asarray(units), np.asarray(years)
    return pd.DataFrame(
        {
            "ledger": ledger,
            "unit": np.repeat(places, len(when)),
            "key": key,
            "year": np.tile(when, len(places)),
            "amount": np.tile(a_year * (when - when[0] + 1.0), len(places)),
        }
    )

"""Coverage: the discounted mean over years and services of the share of the demand that is served."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tongqu.contracts import PRIORITY
from tongqu.engine.inputs import Inputs
from tongqu.engine.terms import Aim, Model

__all__ = ["coverage", "coverage_aim", "credit_table", "service_weights"]


def service_weights(inputs: Inputs) -> pd.Series:
    """Weight of every service that somebody asks for in some year, adding up to 1.

    A service that the scenario does not name weighs 1 before the weights are scaled; one that counts only
    some of another's people, those who come first, weighs nothing unless it is named.
    """
    first = inputs.states[0]
    asked = [name for name in first.matching("demand") if f"served.{name}" in first]
    asked = [name for name in asked if any(state[f"demand.{name}"].sum() > 0 for state in inputs.states)]
    given = inputs.scenario.goal.services
    usual = {name: 0.0 if name.endswith(PRIORITY) else 1.0 for name in asked}
    weight = pd.Series({name: float(given.get(name, usual[name])) for name in asked}, dtype="float64")
    weight = weight[weight > 0]
    return weight / weight.sum()


def credit_table(model: Model) -> pd.DataFrame:
    """Every credit of the program: ``service, county, group, year, variable, people``."""
    columns = ["service", "county", "group", "year", "variable", "people"]
    parts = [credit[columns] for credit in model.credits if len(credit)]
    if not parts:
        kinds = dict(zip(columns, ["str", "str", "int64", "int64", "int64", "float64"], strict=True))
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    return pd.concat(parts, ignore_index=True)


def coverage_aim(model: Model) -> Aim:
    """Mean share of the region's demand that is served, over services and years, as a linear figure."""
    per_person, constant = _worth(model.inputs)
    credit = credit_table(model)
    credit = credit[credit["service"].isin(per_person.index)]
    row, column = (
        per_person.index.get_indexer(pd.Index(credit["service"])),
        credit["year"].to_numpy(dtype=np.int64),
    )
    worth = per_person.to_numpy(dtype=np.float64)[row, column] * credit["people"].to_numpy(dtype=np.float64)
    return Aim("coverage", credit["variable"].to_numpy(dtype=np.int64), worth, constant=constant)


def coverage(inputs: Inputs, *, served: pd.DataFrame | None = None) -> float:
    """Mean share of the region's demand that is served, over services and years.

    Years weigh by the scenario's discount, services by its weights; a year in which nobody asks for a
    service does not count for it.

    Parameters
    ----------
    served : DataFrame, optional
        People newly served, ``unit, year, service, added``; none unless given.
    """
    per_person, constant = _worth(inputs)
    if served is None or served.empty:
        return constant
    mine = served[served["service"].isin(per_person.index)]
    row = per_person.index.get_indexer(pd.Index(mine["service"]))
    column = mine["year"].to_numpy(dtype=np.int64) - inputs.years[0]
    return constant + float(per_person.to_numpy(dtype=np.float64)[row, column] @ mine["added"].to_numpy())


def _worth(inputs: Inputs) -> tuple[pd.DataFrame, float]:
    """What one person served adds, by service and position of the year, and the mean without a plan."""
    weight = service_weights(inputs)
    asked, met = _sums(inputs, weight.index)
    cells = asked.gt(0).mul(_discount(inputs), axis=1)
    cells = cells.div(cells.sum(axis=1), axis=0).mul(weight, axis=0)
    per_person = (cells / asked.where(asked > 0)).fillna(0.0)
    return per_person, float((per_person * met).to_numpy().sum())


def _sums(inputs: Inputs, services: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Persons who ask and persons served without a plan: services in rows, positions of years in columns."""
    tables = [
        pd.DataFrame(
            {
                position: {name: float(state[f"{group}.{name}"].sum()) for name in services}
                for position, state in enumerate(inputs.states)
            },
            index=services,
            dtype="float64",
        )
        for group in ("demand", "served")
    ]
    return tables[0], tables[1]


def _discount(inputs: Inputs) -> pd.Series:
    years = np.arange(len(inputs.years))
    return pd.Series((1 + inputs.scenario.discount) ** -years.astype(np.float64), index=years)

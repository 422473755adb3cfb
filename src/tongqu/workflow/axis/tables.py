"""Tables of the axis: places with their parts and scores, weights and their sensitivity, people by role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from tongqu.contracts import State
from tongqu.workflow.axis.measures import Grounds, is_subdistrict
from tongqu.workflow.axis.roles import ROLES, Scored, score_roles, scored

__all__ = ["people_by_role", "place_table", "roles_counted", "sensitivity_table", "weight_table"]


def place_table(grounds: Grounds, scores: Mapping[str, Scored]) -> pd.DataFrame:
    """Every place with its measures, their parts, its score and its rank within the level."""
    columns = ["name", "level", "county", "town", "people", "people_30"]
    columns += ["services", "jobs", "growth", "minutes_seat"]
    parts = []
    for each in scores.values():
        names = [f"part_{name}" for name in each.found.names]
        part = pd.DataFrame(each.found.parts, index=each.index, columns=names)
        parts.append(part.assign(score=each.found.score, rank=each.found.rank))
    joined = grounds.places[columns].join(pd.concat(parts))
    return joined.rename_axis("unit").reset_index()


def weight_table(scores: Mapping[str, Scored]) -> pd.DataFrame:
    """Weights in use: ``level, measure, weight, flat``."""
    parts = [
        pd.DataFrame(
            {
                "level": level,
                "measure": list(each.found.names),
                "weight": each.found.weights,
                "flat": [name in each.found.flat for name in each.found.names],
            }
        )
        for level, each in scores.items()
    ]
    return pd.concat(parts, ignore_index=True)


def sensitivity_table(
    grounds: Grounds, scores: Mapping[str, Scored], *, counts: pd.DataFrame
) -> pd.DataFrame:
    """Roles by score that change under other weights: ``level, weights, changed, roles, share``.

    ``changed`` counts places that lose the role; as many gain it. ``roles`` is how many there are to lose.
    """
    base = score_roles(grounds, scores, counts=counts)
    rows = []
    for level, each in scores.items():
        role = "central_town" if level == "town" else "central_village"
        had = base[base == role].index
        for name, weights in _others(each):
            changed = {**scores, level: scored(grounds, level, weights=weights)}
            now = score_roles(grounds, changed, counts=counts)
            lost = int((now[had] != role).sum())
            rows.append(
                {"level": level, "weights": name, "changed": lost, "roles": len(had)}
                | {"share": lost / len(had) if len(had) else float("nan")}
            )
    return pd.DataFrame(rows)


def _others(each: Scored) -> Iterator[tuple[str, dict[str, float]]]:
    """Equal weights, and the weights with each measure left out."""
    names, weights = each.found.names, each.found.weights
    yield "equal", dict.fromkeys(names, 1.0)
    for left in names:
        yield (
            f"without {left}",
            {name: float(weight) for name, weight in zip(names, weights, strict=True) if name != left},
        )


def roles_counted(places: pd.DataFrame, kind: pd.Series[str]) -> pd.Series[str]:
    """Role that the people of each town and village count for, by unit.

    Parameters
    ----------
    places : DataFrame
        With ``unit, level, town, proposed``.
    kind : Series of str
        Kind of each unit, by unit.

    Returns
    -------
    Series of str
        A town's own; a subdistrict is part of the seat or the city and counts for the seat; a village counts
        for its town's, or, if that has none, for its own. Blank for none.
    """
    own = places.set_index("unit")["proposed"]
    town = pd.Series(places["town"].to_numpy(), index=own.index)
    of_town = own.mask(is_subdistrict(kind.loc[own.index]), "county_seat").reindex(town).set_axis(own.index)
    return of_town.where(of_town != "", own)


def people_by_role(
    proposed: pd.Series[str], counted: pd.Series[str], *, states: Mapping[str, State]
) -> pd.DataFrame:
    """People of the places of each role: ``role, places``, and for each state ``people*, share*``.

    Parameters
    ----------
    proposed : Series of str
        Role of each town and village, by unit.
    counted : Series of str
        Role that its people count for, by unit; see `roles_counted`.
    states : mapping of str to State
        States by the ending of their columns.

    Returns
    -------
    DataFrame
        A row for each role, and one with a blank for none; every person counts once.
    """
    order = [*ROLES, ""]
    columns: dict[str, object] = {
        "role": order,
        "places": proposed.value_counts().reindex(order, fill_value=0).to_numpy(),
    }
    for ending, state in states.items():
        people = state["people.total"]
        sums = people.groupby(counted.loc[people.index].to_numpy()).sum().reindex(order, fill_value=0.0)
        columns |= {f"people{ending}": sums.to_numpy(), f"share{ending}": (sums / sums.sum()).to_numpy()}
    return pd.DataFrame(columns)

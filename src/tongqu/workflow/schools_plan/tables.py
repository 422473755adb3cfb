"""Tables of a plan of schools: schools and teachers by year, projects, who is moved, costs, who is left."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.schools import NetworkPlan, plan_teachers
from tongqu.methods.schools.network import Decisions
from tongqu.methods.schools.network.price import priced
from tongqu.workflow.schools_plan.ground import Ground

__all__ = ["cost_table", "move_table", "project_table", "school_table", "teacher_table", "without_table"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def _lead(ground: Ground, plan: NetworkPlan) -> Ints:
    """Lead school of each member, -1 for none, shape (schools, years)."""
    found = np.full(plan.decisions.open.shape, -1, dtype=np.int64)
    pair, year = np.nonzero(plan.decisions.shared)
    found[np.asarray(ground.sharing.member)[pair], year] = np.asarray(ground.sharing.lead)[pair]
    return found


def _classes(ground: Ground, plan: NetworkPlan) -> Floats:
    """Classes by school, stage and year: by the norm, and one a grade at least."""
    size = np.array([one.class_size for one in ground.stages])[:, np.newaxis]
    grades = np.array([one.grades for one in ground.stages])[:, np.newaxis]
    by_grade = np.ceil(np.round(plan.load / grades / size, 9)) * grades
    return np.where(plan.load > 0, np.maximum(by_grade, grades), 0.0)


def school_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """A row for each school and year.

    Returns
    -------
    DataFrame
        ``school, school_name, county, stage, year, state`` (open, closed, planned; joined for a member of
        a community), ``lead`` (its lead school), ``pupils, classes, places, beds, teachers, modelled``.
    """
    made, sites = plan.decisions, ground.sites
    school, year = (each.ravel() for each in np.indices(made.open.shape))
    open_, today = made.open.ravel(), ground.schools.flag("today")[school]
    lead = _lead(ground, plan).ravel()
    state = np.select([open_ & (lead >= 0), open_, today], ["joined", "open", "closed"], "planned")
    places = ground.schools.column("places")[:, np.newaxis]
    room = (places + made.size * ground.schools.column("step")[:, np.newaxis]) * made.open
    beds = (ground.schools.column("beds")[:, np.newaxis] + plan.beds) * made.open
    codes = sites["site"].to_numpy()
    return pd.DataFrame(
        {
            "school": codes[school],
            "school_name": sites["name"].to_numpy()[school],
            "county": sites["county"].to_numpy()[school],
            "stage": sites["stage"].to_numpy()[school],
            "year": np.array(ground.years)[year],
            "state": state,
            "lead": np.where(lead >= 0, codes[np.maximum(lead, 0)], ""),
            "pupils": plan.load.sum(axis=1).ravel(),
            "classes": _classes(ground, plan).sum(axis=1).ravel().astype(np.int64),
            "places": room.ravel(),
            "beds": beds.ravel(),
            "teachers": plan.teachers.sum(axis=1).ravel(),
            "modelled": True,
        }
    )


def project_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """What is done in each year.

    Returns
    -------
    DataFrame
        ``year, kind`` (close, build, extend, board, mend, join), ``school, school_name, county, stage,
        amount`` (places, boarding places; pupils of a school that closes or joins), ``cost_wan`` (once),
        ``saving_wan`` (a year; only of close and join: less teachers and running, more rides).
    """
    made, schools, prices = plan.decisions, ground.schools, ground.prices
    today, weightless = schools.flag("today"), np.zeros(made.open.shape)
    was = np.concatenate([today[:, np.newaxis], made.open[:, :-1]], axis=1)
    load = plan.load.sum(axis=1)
    before = np.concatenate([_load_today(ground)[:, np.newaxis], load[:, :-1]], axis=1)
    places = schools.column("places")[:, np.newaxis]
    steps = np.diff(made.size, axis=1, prepend=0)
    beds = np.diff(plan.beds, axis=1, prepend=0.0)
    due = schools.due[:, np.newaxis] == np.arange(len(ground.years))
    joined = _lead(ground, plan) >= 0
    joins = joined & ~np.concatenate([np.zeros((len(joined), 1), dtype=bool), joined[:, :-1]], axis=1)
    kinds = {
        "close": (was & ~made.open & today[:, np.newaxis], before, schools.column("close")[:, np.newaxis]),
        "build": (made.open & ~was, places, schools.column("build")[:, np.newaxis]),
        "extend": (
            steps > 0,
            steps * schools.column("step")[:, np.newaxis],
            steps * schools.column("step_cost")[:, np.newaxis],
        ),
        "board": (beds > 1e-6, beds, beds * prices.bed),
        "mend": (due & made.open, places, schools.column("mend")[:, np.newaxis]),
        "join": (joins, load, weightless),
    }
    saving = {"close": _closing_saves(ground, plan, before), "join": _joining_saves(ground, plan)}
    parts = []
    for kind, (flag, amount, cost) in kinds.items():
        school, year = np.nonzero(flag)
        saved = saving.get(kind)
        parts.append(
            pd.DataFrame(
                {
                    "year": np.array(ground.years)[year],
                    "kind": kind,
                    "school": ground.sites["site"].to_numpy()[school],
                    "school_name": ground.sites["name"].to_numpy()[school],
                    "county": ground.sites["county"].to_numpy()[school],
                    "stage": ground.sites["stage"].to_numpy()[school],
                    "amount": np.broadcast_to(amount, flag.shape)[school, year],
                    "cost_wan": np.broadcast_to(cost, flag.shape)[school, year],
                    "saving_wan": np.nan if saved is None else saved[school, year],
                }
            )
        )
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return table.sort_values(["year", "kind", "school"], ignore_index=True)


def _load_today(ground: Ground) -> Floats:
    """Pupils of each school before the first year, as the first year's."""
    school, number = ground.pupils.schools, ground.pupils.by_year[:, 0]
    has = school >= 0
    return np.bincount(school[has], weights=number[has], minlength=len(ground.schools)).astype(np.float64)


def _closing_saves(ground: Ground, plan: NetworkPlan, before: Floats) -> Floats:
    """A year's saving if a school closed: running, teachers beyond its pupils' need, less longer ways."""
    stage = ground.schools.taught.argmax(axis=1)
    ratio = np.array([one.pupils_per_teacher for one in ground.stages])[stage][:, np.newaxis]
    least = np.array([one.least + one.specialists for one in ground.stages])[stage][:, np.newaxis]
    spared = np.maximum(least - before / ratio, 0.0) * ground.prices.teacher
    return np.asarray(spared + ground.schools.column("yearly")[:, np.newaxis] - _longer_ways(ground, plan))


def _longer_ways(ground: Ground, plan: NetworkPlan) -> Floats:
    """What ways and boarding cost more in a year for those who leave a school in it, (schools, years)."""
    chosen, choices = plan.decisions.choice, plan.case.choices
    fare = np.where(chosen >= 0, choices.yearly[np.maximum(chosen, 0)], 0.0)
    school, today = plan.school, ground.pupils.schools
    was = np.concatenate([today[:, np.newaxis], school[:, :-1]], axis=1)
    mine = choices.school == today[choices.group]
    first = np.zeros(len(ground.pupils))
    first[choices.group[mine]] = choices.yearly[mine]
    paid = np.concatenate([first[:, np.newaxis], fare[:, :-1]], axis=1)
    moved = (was >= 0) & (school >= 0) & (school != was)
    more = np.zeros(plan.decisions.open.shape)
    group, year = np.nonzero(moved)
    extra = (fare - paid)[group, year] * ground.pupils.by_year[group, year]
    np.add.at(more, (was[group, year], year), extra)
    return more


def _joining_saves(ground: Ground, plan: NetworkPlan) -> Floats:
    stage = ground.schools.taught.argmax(axis=1)
    special = np.array([one.specialists for one in ground.stages])[stage]
    least = np.array([one.least for one in ground.stages])[stage]
    ratio = np.array([one.pupils_per_teacher for one in ground.stages])[stage]
    by_pupils = plan.load.sum(axis=1) / ratio[:, np.newaxis]
    alone = np.maximum((least + special)[:, np.newaxis], by_pupils)
    together = np.maximum(least[:, np.newaxis], by_pupils)
    paid = np.zeros(plan.decisions.open.shape)
    np.add.at(
        paid,
        np.asarray(ground.sharing.member, dtype=np.int64),
        np.asarray(ground.sharing.yearly, dtype=np.float64)[:, np.newaxis] * plan.decisions.shared,
    )
    return np.asarray((alone - together) * ground.prices.teacher - paid)


def move_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """Villages whose pupils change school, with their old and new ride.

    Returns
    -------
    DataFrame
        ``unit, county, stage, year, origin, destination`` (schools), ``pupils, minutes_before,
        minutes_after, boards``; minutes one way, nan where the old one is not known.
    """
    school, today = plan.school, ground.pupils.schools
    was = np.concatenate([today[:, np.newaxis], school[:, :-1]], axis=1)
    group, year = np.nonzero((was >= 0) & (school >= 0) & (school != was))
    choices = plan.case.choices
    mine = choices.school == today[choices.group]
    first = np.full(len(ground.pupils), np.nan)
    first[choices.group[mine]] = choices.minutes[mine]
    minutes = np.concatenate([first[:, np.newaxis], plan.minutes], axis=1)
    codes, villages = ground.sites["site"].to_numpy(), ground.base.villages
    unit = ground.village[group]
    table = pd.DataFrame(
        {
            "unit": villages.index.to_numpy()[unit].astype(str),
            "county": villages["county"].to_numpy()[unit],
            "stage": np.array([one.name for one in ground.stages])[ground.pupils.stages[group]],
            "year": np.array(ground.years)[year],
            "from_school": codes[was[group, year]],
            "to_school": codes[school[group, year]],
            "pupils": ground.pupils.by_year[group, year],
            "minutes_before": minutes[group, year],
            "minutes_after": minutes[group, year + 1],
            "boards": plan.boards[group, year],
        }
    )
    keys = ["unit", "county", "stage", "year", "from_school", "to_school", "boards"]
    summed = table.groupby(keys, sort=True, as_index=False).agg(
        pupils=("pupils", "sum"),
        minutes_before=("minutes_before", "first"),
        minutes_after=("minutes_after", "first"),
    )
    return summed.sort_values(["year", "unit", "stage"], ignore_index=True)


def without_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """Pupils without a lawful school: ``unit, county, stage, year, pupils``."""
    group, year = np.nonzero(plan.without)
    unit = ground.village[group]
    table = pd.DataFrame(
        {
            "unit": ground.base.villages.index.to_numpy()[unit].astype(str),
            "county": ground.base.villages["county"].to_numpy()[unit],
            "stage": np.array([one.name for one in ground.stages])[ground.pupils.stages[group]],
            "year": np.array(ground.years)[year],
            "pupils": ground.pupils.by_year[group, year],
        }
    )
    return table.groupby(["unit", "county", "stage", "year"], sort=True)[["pupils"]].sum().reset_index()


def teacher_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """Teachers of each county, stage and year.

    Returns
    -------
    DataFrame
        ``county, stage, year, needed, staff`` (at its end), ``retired, left, recruited, posted`` (from
        school to school within the way of a teacher), ``short, spare, assumed`` (share of the teachers of
        the first year at schools where their number or age is not known).
    """
    assume, parts = ground.base.assume, []
    for position, stage in enumerate(ground.stages):
        mine = np.flatnonzero(ground.schools.taught[:, position])
        place = np.full(len(ground.schools), -1, dtype=np.int64)
        place[mine] = np.arange(len(mine))
        near = ground.between
        kept = (place[near.origin] >= 0) & (place[near.site] >= 0)
        times = type(near)(
            place[near.origin[kept]], place[near.site[kept]], near.minutes[kept], len(mine), len(mine)
        )
        need = plan.teachers[mine, position]
        found = plan_teachers(
            need,
            staff=ground.sites["staff"].to_numpy(dtype=np.float64)[mine],
            over_50=ground.sites["over_50"].to_numpy(dtype=np.float64)[mine],
            share_over_50=assume["teachers.share_over_50"],
            leaving=assume["teachers.leaving"],
            times=times,
            commute=assume["community.commute"],
        )
        county = ground.sites["county"].to_numpy()[mine]
        guessed = found.assumed[:, np.newaxis] * need
        columns = {
            "needed": need,
            "staff": found.staff,
            "retired": found.retired,
            "left": found.left,
            "recruited": found.recruited,
            "posted": np.maximum(found.posted, 0.0),
            "short": found.short,
            "spare": found.spare,
            "assumed": guessed,
        }
        for year, name in enumerate(ground.years):
            summed = pd.DataFrame({key: each[:, year] for key, each in columns.items()}).groupby(county).sum()
            summed["assumed"] = summed["assumed"] / summed["needed"].where(summed["needed"] > 0)
            parts.append(summed.rename_axis("county").reset_index().assign(stage=stage.name, year=name))
    table = pd.concat(parts, ignore_index=True)
    return table[["county", "stage", "year", *columns]].sort_values(
        ["county", "stage", "year"], ignore_index=True
    )


def cost_table(ground: Ground, plan: NetworkPlan) -> pd.DataFrame:
    """Costs by year, 万元 of that year, beside those if every school stayed and nobody moved.

    Returns
    -------
    DataFrame
        ``year, teachers, running, rides, boarding, sharing, closing, buildings, total, capital, unchanged,
        saving, pupils, mean_ride, without``.
    """
    costs, number = plan.costs, ground.pupils.by_year
    unchanged = priced(plan.case, _as_today(ground, plan)).total
    placed = (number * (plan.school >= 0)).sum(axis=0)
    names = ("teachers", "running", "rides", "boarding", "sharing", "closing", "buildings", "total")
    return pd.DataFrame(
        {
            "year": np.array(ground.years),
            **{name: getattr(costs, name) for name in names},
            "capital": costs.capital,
            "unchanged": unchanged,
            "saving": unchanged - costs.total,
            "pupils": number.sum(axis=0),
            "mean_ride": np.divide(
                plan.pupil_minutes, placed, out=np.full(len(placed), np.nan), where=placed > 0
            ),
            "without": (number * plan.without).sum(axis=0),
        }
    )


def _as_today(ground: Ground, plan: NetworkPlan) -> Decisions:
    """Every school of today open, every group at its school of today."""
    choices, years = plan.case.choices, len(ground.years)
    chosen = np.full(len(ground.pupils), -1, dtype=np.int64)
    mine = np.flatnonzero(choices.school == ground.pupils.schools[choices.group])
    chosen[choices.group[mine[::-1]]] = mine[::-1]
    today = ground.schools.flag("today")
    return Decisions(
        open=np.repeat(today[:, np.newaxis], years, axis=1),
        choice=np.repeat(chosen[:, np.newaxis], years, axis=1),
        size=np.zeros((len(today), years), dtype=np.int64),
        shared=np.zeros((len(ground.sharing), years), dtype=np.bool_),
    )

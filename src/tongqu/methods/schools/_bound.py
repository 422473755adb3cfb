"""A lower bound for catchments by Lagrangean relaxation: claims to a school are priced, whole units kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tongqu.methods._arrays import Floats, Ints
from tongqu.methods._jit import kernel
from tongqu.methods.schools._case import SLACK, Case, Links, Relaxed, Rows, links_of

__all__ = ["Prices", "fill_schools", "lagrangean", "lower_bound", "prices_of", "upper_bound"]

STEPS: Final = 400
"""Steps of the search for prices."""
PATIENCE: Final = 25
"""Steps without a better bound after which the pace is lowered."""
SLOWER: Final = 0.7
"""What the pace is multiplied by."""
PACE: Final = 0.5
"""First pace, share of the step that would close the gap."""
WIDENED: Final = 2
"""Times that the columns of the bound are widened."""
FLOOR: Final = 10.0
"""Pace of the price of placing, against that of claims."""
LEAST_PACE: Final = 1e-3
"""Pace at which the search ends."""
NODES: Final = 2_000
"""Most nodes of the search of one school; beyond, its bound by the ratio of worth to weight is taken."""


@kernel
def fill_schools(first: Ints, worth: Floats, weight: Floats, room: Floats, taken: Floats, most: int) -> float:
    """Most worth of whole units that each group's room holds, summed over groups.

    Parameters
    ----------
    first : numpy.ndarray of int
        First item of each group, and their number, shape (groups + 1,).
    worth, weight : numpy.ndarray of float
        Of each item, shape (items,); items of no worth stay out.
    room : numpy.ndarray of float
        Shape (groups,).
    taken : numpy.ndarray of float
        Filled with 1 for items that are in, shape (items,).
    most : int
        Most nodes of the search of one group.

    Returns
    -------
    float
        The worth; where a search did not end, a number that it cannot exceed.

    References
    ----------
    Horowitz, E., Sahni, S. (1974), Computing partitions with applications to the knapsack problem, Journal
    of the ACM 21, 277-292. Dantzig, G. B. (1957), Discrete-variable extremum problems, Operations Research
    5, 266-277, for the bound.
    """
    longest = 0
    for s in range(room.size):
        longest = max(longest, first[s + 1] - first[s])
    w, p, ratio = np.empty(longest), np.empty(longest), np.empty(longest)
    ids, unsorted = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    inside, best_inside = np.zeros(longest, dtype=np.int64), np.zeros(longest, dtype=np.int64)
    total = 0.0
    for s in range(room.size):
        n = 0
        for j in range(first[s], first[s + 1]):
            taken[j] = 0.0
            if worth[j] > 1e-12 and weight[j] <= room[s]:
                unsorted[n] = j
                ratio[n] = -worth[j] / max(weight[j], 1e-12)
                n += 1
        if n == 0:
            continue
        order = np.argsort(ratio[:n], kind="mergesort")
        for i in range(n):
            ids[i] = unsorted[order[i]]
            w[i], p[i] = weight[ids[i]], worth[ids[i]]
        left, root = room[s], 0.0
        for i in range(n):
            if w[i] > left:
                root += p[i] * left / w[i]
                break
            left -= w[i]
            root += p[i]
        inside[:n], best_inside[:n] = 0, 0
        best, left, value = -1.0, room[s], 0.0
        i, nodes, done = 0, 0, False
        while not done and nodes < most:
            while i < n:
                nodes += 1
                bound, space, k = value, left, i
                while k < n and w[k] <= space:
                    space -= w[k]
                    bound += p[k]
                    k += 1
                if k < n:
                    bound += p[k] * space / w[k]
                if bound <= best + 1e-9:
                    break
                while i < n and w[i] <= left:
                    left -= w[i]
                    value += p[i]
                    inside[i] = 1
                    i += 1
                i += 1
            if i >= n and value > best:
                best = value
                best_inside[:n] = inside[:n]
            k = min(i, n) - 1
            while k >= 0 and inside[k] == 0:
                k -= 1
            if k < 0:
                done = True
            else:
                inside[k] = 0
                left += w[k]
                value -= p[k]
                i = k + 1
        total += best + 1e-9 * n if done else root
        for k in range(n):
            taken[ids[k]] = best_inside[k]
    return total


def _groups(case: Case, cost: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Columns by school and stage: their order, first of each group, and its weights and room.

    The room is the scarcest by age that all units of the stage share in one sum: the sum over ages with
    weights 1, or one age alone, whichever is fuller with the columns that are worth having at the prices.
    Any such sum is implied by the rows by age.
    """
    stage = case.low[case.unit]
    order = np.lexsort((stage, case.school)).astype(np.int64)
    key = case.school[order] * np.int64(case.room.shape[1] + 1) + stage[order]
    first = np.append(np.flatnonzero(np.diff(key, prepend=-1)), key.size).astype(np.int64)
    weight, room = np.empty(order.size), np.empty(first.size - 1)
    for group in range(first.size - 1):
        mine = order[first[group] : first[group + 1]]
        units, school = case.unit[mine], case.school[mine[0]]
        ages = slice(int(case.low[units[0]]), int(case.high[units[0]]))
        need, places = case.need[units, ages], case.room[school, ages]
        wanted = need[cost[mine] < 0]
        asked = (wanted if len(wanted) else need).sum(axis=0)
        fullest = int((asked / places).argmax())
        by_age = asked[fullest] / places[fullest] > asked.sum() / places.sum() * (1 + 1e-3)
        weight[first[group] : first[group + 1]] = need[:, fullest] if by_age else need.sum(axis=1)
        room[group] = (places[fullest] if by_age else places.sum()) * (1 + SLACK)
    return order, first, weight, room


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices from which the bound sets out, and that it improves.

    Parameters
    ----------
    claim : numpy.ndarray of float
        Of each unit's claim to one school, shape (units,).
    placing : float
        Of a pupil placed.
    broken : numpy.ndarray of float
        Of taking a column without its onward one, shape (columns,), from 0 to the price of the detour.
    links : Links
        Pairs of units and the places in reach of both.
    first : numpy.ndarray of float
        The part of each reward that the first unit carries, from 0 to all of it, shape (links,).
    """

    claim: Floats
    placing: float
    broken: Floats
    links: Links
    first: Floats

    def of(self, small: Case, columns: Ints) -> Prices:
        """The prices of a case of some columns."""
        links = links_of(small)
        known = np.searchsorted(self.links.key, links.key)
        return replace(self, broken=self.broken[columns], links=links, first=self.first[known])

    def like(self, some: Prices, columns: Ints) -> Prices:
        """These prices with what a case of some columns has found."""
        broken, first = self.broken.copy(), self.first.copy()
        broken[columns] = some.broken
        first[np.searchsorted(self.links.key, some.links.key)] = some.first
        return replace(self, claim=some.claim, placing=some.placing, broken=broken, first=first)

    @property
    def rewards(self) -> Floats:
        """What rewards take off each column, shape (columns,)."""
        links = self.links
        taken_off = links.first.T @ self.first + links.second.T @ (links.won - self.first)
        return np.asarray(taken_off, dtype=np.float64).ravel()

    def charged(self, case: Case) -> Floats:
        """What each column costs at these prices, shape (columns,); only those below 0 matter."""
        cost = case.cost - self.placing * case.weight[case.unit] - self.rewards + self.claim[case.unit]
        way = np.flatnonzero((case.onward >= 0) & (case.detour > 0))
        cost[way] += self.broken[way]
        np.subtract.at(cost, case.onward[way], self.broken[way])
        return np.asarray(cost)


def lower_bound(
    case: Case, columns: Ints, prices: Prices, *, floor: float, upper: float, gap: float
) -> tuple[float, Prices]:
    """A lower bound over all columns, searched among those that the prices make worth having.

    Parameters
    ----------
    case : Case
        With all columns.
    columns : numpy.ndarray of int
        Columns to begin with.
    prices : Prices
        Of all columns.
    floor, upper, gap : float
        As in `lagrangean`.
    """
    best, kept = -np.inf, prices
    for _ in range(WIDENED):
        small = case.among(columns)
        inner, some = lagrangean(small, prices.of(small, columns), floor=floor, upper=upper, gap=gap / 2)
        prices = prices.like(some, columns)
        found, _ = lagrangean(case, prices, floor=floor, upper=upper, gap=gap, steps=1)
        if found > best:
            best, kept = found, prices
        if upper - best <= gap * abs(upper) or inner - found <= 1e-6 * abs(upper):
            break
        wanted = prices.charged(case) < 0
        wanted[columns] = True
        columns = case.closed(wanted)
    return best, kept


def upper_bound(case: Case, claims: Floats, *, placed: float, most: float, gap: float) -> float:
    """Pupils that no choice of whole units exceeds, at most those of the linear relaxation.

    Parameters
    ----------
    case : Case
    claims : numpy.ndarray of float
        Prices of the units' claims in the relaxation of most pupils placed, shape (units,).
    placed, most : float
        Pupils placed by a known choice, and by the relaxation.
    gap : float
        Share of the known choice within which the search ends.
    """
    nothing = np.empty(0, dtype=np.int64)
    plain = replace(
        case,
        cost=-case.weight[case.unit],
        detour=np.zeros(case.columns),
        one=nothing,
        two=nothing,
        reward=np.empty(0),
    )
    start = Prices(claims, 0.0, np.zeros(case.columns), links_of(plain), np.empty(0))
    found, _ = lagrangean(plain, start, floor=0.0, upper=-placed, gap=gap)
    return max(min(most, -found), placed)


def prices_of(case: Case, columns: Ints, *, rows: Rows, start: Relaxed) -> Prices:
    """Prices for all columns from the relaxation of some of them; any such prices give a valid bound.

    Parameters
    ----------
    case : Case
        With all columns.
    columns : numpy.ndarray of int
        Those that the relaxation had.
    rows : Rows
        The program over those columns.
    start : Relaxed
        Its relaxation.
    """
    parts = rows.parts
    broken = np.zeros(case.columns)
    way = columns[rows.way]
    broken[way] = np.clip(start.prices[parts[0] : parts[1]], 0.0, case.detour[way])
    links = links_of(case)
    inside = np.zeros(case.columns)
    inside[columns] = 1.0
    near = links.first @ inside > 0, links.second @ inside > 0
    # Either end may carry the reward: the one that the relaxation left out does, where it matters least.
    first = np.where(near[0] == near[1], links.won / 2, np.where(near[0], 0.0, links.won))
    known = np.searchsorted(links.key, rows.links.key)
    first[known] = np.minimum(start.prices[parts[1] : parts[2]], rows.links.won)
    return Prices(
        claim=start.prices[: case.weight.size],
        placing=float(start.prices[parts[0] - 1]),
        broken=broken,
        links=links,
        first=first,
    )


def lagrangean(
    case: Case, prices: Prices, *, floor: float, upper: float, gap: float, steps: int = STEPS
) -> tuple[float, Prices]:
    """A lower bound of the cost of placing at least a floor of pupils, and the prices that give it.

    Claims of a unit to one school, and ways that break off, are priced; what is left is one knapsack for
    each school and stage.

    Parameters
    ----------
    case : Case
    prices : Prices
        To begin with.
    floor : float
        Pupils to be placed at least.
    upper : float
        Cost of a known choice.
    gap : float
        The search ends when the bound is within this share of it.
    steps : int
        Most steps; one only evaluates the prices.

    References
    ----------
    Fisher, M. L., Jaikumar, R., Van Wassenhove, L. N. (1986), A multiplier adjustment method for the
    generalized assignment problem, Management Science 32, 1095-1103. Held, M., Wolfe, P., Crowder, H. P.
    (1974), Validation of subgradient optimization, Mathematical Programming 6, 62-88.
    """
    way = np.flatnonzero((case.onward >= 0) & (case.detour > 0))
    ahead, most = case.onward[way], case.detour[way]
    claim, broken, part, links = prices.claim, prices.broken[way], prices.first, prices.links
    order, first, weight, room = _groups(case, prices.charged(case))
    free = floor >= float(case.weight.sum()) * (1 - SLACK)  # everybody is placed: a claim may be negative
    taken, chosen = np.zeros(case.columns), np.zeros(case.columns)
    placing, whole = prices.placing, float(case.weight.sum())
    best, kept, pace, waited = -np.inf, (claim, broken, placing, part), PACE, 0
    for _ in range(steps):
        price = case.cost + claim[case.unit] - placing * case.weight[case.unit]
        price -= links.first.T @ part + links.second.T @ (links.won - part)
        price[way] += broken
        np.subtract.at(price, ahead, broken)
        filled = fill_schools(first, -price[order], weight, room, taken, NODES)
        value = placing * floor * (1 - SLACK) - float(claim.sum()) - filled
        waited = 0 if value > best + 1e-6 * abs(best) else waited + 1
        if value > best:
            best, kept = value, (claim, broken, placing, part)
        if upper - best <= max(gap, 1e-9) * abs(upper):
            break
        if waited >= PATIENCE:
            pace, waited = pace * SLOWER, 0
            claim, broken, placing, part = kept
            continue
        chosen[order] = taken
        slope = np.bincount(case.unit, weights=chosen, minlength=claim.size) - 1.0
        if not free:
            slope[(claim <= 0) & (slope < 0)] = 0.0
        turn = chosen[way] - chosen[ahead]
        turn[((broken <= 0) & (turn < 0)) | ((broken >= most) & (turn > 0))] = 0.0
        # Steps in proportion to pupils: what is priced is worth so much for each pupil.
        # With a floor, the price of placing a pupil rises where the knapsacks place too few.
        lacking = 0.0 if free else floor - float(chosen @ case.weight[case.unit])
        apart = np.asarray(links.second @ chosen - links.first @ chosen)
        apart[((part <= 0) & (apart < 0)) | ((part >= links.won) & (apart > 0))] = 0.0
        size = float(slope @ (slope * case.weight) + turn @ (turn * most) + apart @ (apart * links.won))
        size += lacking**2 * FLOOR / whole
        if size <= 0 or pace < LEAST_PACE:
            break
        step = pace * (upper - value) / size
        claim = claim + step * slope * case.weight
        claim = claim if free else np.maximum(claim, 0.0)
        broken = np.clip(broken + step * turn * most, 0.0, most)
        part = np.clip(part + step * apart * links.won, 0.0, links.won)
        placing = max(placing + step * lacking * FLOOR / whole, 0.0)
    after = np.zeros(case.columns)
    after[way] = kept[1]
    return min(best, upper), replace(prices, claim=kept[0], broken=after, placing=kept[2], first=kept[3])

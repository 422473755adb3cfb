"""How well a simulated map of land use fits the actual one: kappas, figure of merit, disagreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, floats, require

__all__ = ["Change", "MapAgreement", "compare_maps"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Change:
    """How well the changes since an original map are simulated; areas as shares of the whole.

    Parameters
    ----------
    kappa_simulation : float
        Agreement beyond that of random maps with the same transitions, 1 at best; NaN where nothing changes
        on either map.
    kappa_transition, kappa_location : float
        The two parts of `kappa_simulation`: how much changes from what to what, and where; their product.
    figure_of_merit : float
        ``hits / (hits + wrong_hits + misses + false_alarms)``; NaN where nothing changes on either map.
    hits, wrong_hits, misses, false_alarms : float
        Changes simulated as what they became, as something else, as no change; and no change simulated as
        change. Shares of the whole in [0, 1].
    """

    kappa_simulation: float
    kappa_transition: float
    kappa_location: float
    figure_of_merit: float
    hits: float
    wrong_hits: float
    misses: float
    false_alarms: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MapAgreement:
    """How two maps agree.

    Parameters
    ----------
    classes : numpy.ndarray
        Classes of either map in order, shape (classes,).
    table : numpy.ndarray of float
        Share of the whole by simulated class (rows) and actual class (columns), shape (classes, classes).
    agreement : float
        Share that agrees.
    kappa : float
        Agreement beyond chance; NaN where both maps hold one class only.
    quantity_disagreement, allocation_disagreement : float
        Shares that differ because there is too much or too little of a class, and because it lies elsewhere;
        together ``1 - agreement``.
    change : Change or None
        Against an original map, if one is given.
    """

    classes: npt.NDArray[np.generic]
    table: Floats
    agreement: float
    kappa: float
    quantity_disagreement: float
    allocation_disagreement: float
    change: Change | None


def compare_maps(
    simulated: npt.ArrayLike,
    *,
    actual: npt.ArrayLike,
    original: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
) -> MapAgreement:
    """Agreement of a simulated with an actual map, and of their changes since an original one.

    Plain kappa and agreement reward a map for what never changed. Judge a simulation by what it says of
    change: `kappa_simulation` above 0 is better than chance, and a figure of merit above that of a map
    without change is better than nothing.

    Parameters
    ----------
    simulated, actual : array_like
        Class of each cell, of one shape.
    original : array_like, optional
        Class of each cell before, the same shape.
    weight : array_like of float, optional
        Area of each cell, the same shape, 0 to leave a cell out; without it all count alike.

    Returns
    -------
    MapAgreement

    Raises
    ------
    DataError
        If shapes differ, or there is no area.

    References
    ----------
    Cohen, J. (1960), Educational and Psychological Measurement 20, 37-46. van Vliet, J., Bregt, A. K.,
    Hagen-Zanker, A. (2011), Ecological Modelling 222, 1367-1375. Pontius, R. G. et al. (2008), Annals of
    Regional Science 42, 11-37. Pontius, R. G., Millones, M. (2011), International Journal of Remote Sensing
    32, 4407-4429.

    Examples
    --------
    >>> found = compare_maps([1, 1, 0, 0], actual=[1, 0, 1, 0], original=[0, 0, 0, 0])
    >>> found.kappa, found.quantity_disagreement, found.allocation_disagreement
    (0.0, 0.0, 0.5)
    >>> found.change.figure_of_merit, found.change.misses
    (0.3333333333333333, 0.25)
    """
    maps = [np.asarray(one) for one in (simulated, actual, *([] if original is None else [original]))]
    area = np.ones(maps[0].shape) if weight is None else floats(weight, column="weight", low=0)
    fits = all(one.shape == area.shape for one in maps)
    require(fits, column="actual", rule="shapes differ", mend="give maps of the same cells")
    require(area.sum() > 0, column="weight", rule="there is no area", mend="give a cell an area above 0")
    counted = (area > 0).ravel()
    flat = [one.ravel()[counted] for one in maps]
    share = area.ravel()[counted] / area.sum()
    classes, codes = np.unique(np.concatenate(flat), return_inverse=True)
    code = codes.reshape(len(flat), -1)
    size = len(classes)
    table = _joint(code[0] * size + code[1], share, size * size).reshape(size, size)
    rows, columns, agreement = table.sum(axis=1), table.sum(axis=0), float(np.trace(table))
    quantity = float(np.abs(rows - columns).sum() / 2)
    return MapAgreement(
        classes=classes,
        table=table,
        agreement=agreement,
        kappa=_beyond(agreement, float(rows @ columns)),
        quantity_disagreement=quantity,
        allocation_disagreement=max(1 - agreement - quantity, 0.0),
        change=_change(code, share, size=size) if original is not None else None,
    )


def _joint(code: npt.NDArray[np.intp], share: Floats, size: int) -> Floats:
    """Shares by code."""
    return np.asarray(np.bincount(code, share, minlength=size), np.float64)


def _beyond(agreement: float, chance: float, whole: float = 1.0) -> float:
    """Agreement beyond chance, of what can be reached beyond chance."""
    room = whole - chance
    return (agreement - chance) / room if room > 1e-12 else float("nan")  # shares add up to 1 within 1e-15


def _change(code: npt.NDArray[np.intp], share: Floats, *, size: int) -> Change:
    """The measures of change, from codes of the simulated, actual and original map."""
    made, real, before = code
    before_share = _joint(before, share, size)
    to_made = _joint(before * size + made, share, size * size).reshape(size, size)
    to_real = _joint(before * size + real, share, size * size).reshape(size, size)
    held = before_share > 0
    chance = float(((to_made * to_real)[held].sum(axis=1) / before_share[held]).sum())
    most = float(np.minimum(to_made, to_real).sum())
    agreement = float(share[made == real].sum())
    changed, changed_here = real != before, made != before

    def part(where: Bools) -> float:
        return float(share[where].sum())

    hits = part(changed & (made == real))
    wrong = part(changed & changed_here & (made != real))
    misses, alarms = part(changed & ~changed_here), part(~changed & changed_here)
    touched = hits + wrong + misses + alarms
    return Change(
        kappa_simulation=_beyond(agreement, chance),
        kappa_transition=_beyond(most, chance),
        kappa_location=_beyond(agreement, chance, most),
        figure_of_merit=hits / touched if touched > 0 else float("nan"),
        hits=hits,
        wrong_hits=wrong,
        misses=misses,
        false_alarms=alarms,
    )

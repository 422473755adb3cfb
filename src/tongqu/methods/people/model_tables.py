"""Model life tables: the West family of Coale and Demeny by life expectancy, and Brass's relational logit.

One family serves the whole range: West up to its last level, and beyond it West's last level shifted in the
logit (the two meet without a step).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.people.life_table import LifeTable, Sex, from_survivors

__all__ = [
    "CHINA_BETA",
    "CHINA_E0",
    "CHINA_STANDARD",
    "WEST_E10",
    "WEST_WIDTHS",
    "china_table",
    "level_for_deaths",
    "level_for_e0",
    "model_table",
    "relational",
    "west",
]

WEST_WIDTHS: Final[Floats] = np.array([1.0, 4.0, *[5.0] * 19, np.inf])
"""Widths of the ages 0, 1-4, 5-9, ..., 95-99 and 100+, years."""

WEST_E10: Final = {"male": (21.86761, 74.08120), "female": (21.40549, 78.62273)}
"""Years left at age 10 at the first and the last level. Oeppen (2018), in the R package demogR."""

CHINA_BETA: Final = {"male": 0.760, "female": 0.838}
"""Weight of old against young ages (Brass's beta) at which `CHINA_STANDARD` gives those of 45 and older who
lived from the census of 2010 to that of 2020, all counties of China together; `tools/fit_mortality.py`."""
CHINA_E0: Final = {"male": 74.60, "female": 81.42}
"""Life expectancy of the same fit, years. What one census missed is in it, and below 45 it is the model's: no
official figure."""
CHINA_STANDARD: Final = {"male": 75.0, "female": 80.0}
"""Life expectancy of the West table that is bent, years: near China's of 2010 to 2020."""

_COEFFICIENTS: Final = {
    "male": np.array(
        [
            (0.63726, -0.009958, 5.8061, -0.05338),
            (0.40548, -0.006653, 7.1062, -0.08559),
            (0.10393, -0.001662, 5.4472, -0.06295),
            (0.07435, -0.001183, 5.0654, -0.05817),
            (0.09880, -0.001539, 4.8700, -0.05070),
            (0.14009, -0.002183, 5.0677, -0.05156),
            (0.15785, -0.002479, 5.2660, -0.05471),
            (0.18260, -0.002875, 5.3438, -0.05511),
            (0.21175, -0.003312, 5.2792, -0.05229),
            (0.25049, -0.003864, 5.0415, -0.04573),
            (0.27894, -0.004158, 4.6666, -0.03637),
            (0.33729, -0.004856, 4.4506, -0.02961),
            (0.38425, -0.005190, 4.2202, -0.02256),
            (0.48968, -0.006300, 4.1851, -0.01891),
            (0.59565, -0.007101, 4.1249, -0.01491),
            (0.73085, -0.007911, 4.1051, -0.01161),
            (0.98976, -0.008695, 4.1133, -0.00895),
        ]
    ),
    "female": np.array(
        [
            (0.53774, -0.008044, 5.8992, -0.05406),
            (0.39368, -0.006162, 7.4576, -0.08834),
            (0.10927, -0.001686, 6.2018, -0.07410),
            (0.08548, -0.001320, 5.9627, -0.07181),
            (0.10979, -0.001672, 5.9335, -0.06812),
            (0.13580, -0.002051, 5.9271, -0.06577),
            (0.15134, -0.002276, 5.8145, -0.06262),
            (0.17032, -0.002556, 5.6578, -0.05875),
            (0.18464, -0.002745, 5.3632, -0.05232),
            (0.19390, -0.002828, 4.9600, -0.04380),
            (0.20138, -0.002831, 4.5275, -0.03436),
            (0.25350, -0.003487, 4.4244, -0.03004),
            (0.31002, -0.004118, 4.3131, -0.02554),
            (0.43445, -0.005646, 4.3439, -0.02295),
            (0.53481, -0.006460, 4.2229, -0.01773),
            (0.69394, -0.007713, 4.1838, -0.01376),
            (0.84589, -0.008239, 4.1294, -0.00978),
        ]
    ),
}
"""Intercept and slope of `q` in `e10`, then of `log10(10000 q)`, for ages 0, 1-4, 5-9, ..., 75-79. Coale,
Demeny and Vaughan (1983), Regional Model Life Tables and Stable Populations, 2nd edition, family West."""

_OLD_RATE: Final = {"male": 0.551, "female": 0.613}
"""Death rate at 105, a year, less 1.75 q(75-79): it closes the table. Same source, as corrected there."""
_FIRST_YEAR: Final = {"male": (0.0425, 2.875, 0.33), "female": (0.050, 3.00, 0.35)}
_NEXT_YEARS: Final = {"male": (1.653, -3.013, 1.352), "female": (1.524, -1.627, 1.361)}
"""Years lived by those who die at 0 and 1-4: intercept and slope in q(0), and the value from q(0) = 0.1."""
_HIGH_Q0: Final = 0.1
_LATER_YEARS: Final = np.array([2.25, *[2.6] * 13, 2.5])
"""Years lived by those who die at 5-9, 10-14 to 70-74, 75-79."""
_FINE: Final = 0.2
"""Step, in years, of the integration from 80 to 120."""
_STEPS: Final = 60
"""Halvings of a search: the interval shrinks by 1e18, below what a float tells apart."""
_LOGITS: Final = (-6.0, 6.0)
"""Shifts of the logit that are tried: life expectancies of about 1 to 100 years."""
_LARGE: Final = float(np.finfo(np.float64).max)


def west(e10: npt.ArrayLike, *, sex: Sex) -> LifeTable:
    """The West table with a given expectation at age 10.

    Parameters
    ----------
    e10 : array_like of float
        Years left at age 10, within `WEST_E10`, shape (...).
    sex : {"male", "female"}
        Whose table.

    Returns
    -------
    LifeTable
        Shape (..., 22): ages `WEST_WIDTHS`. `e10` only names the level: the table's own expectation at 10
        differs by some hundredths of a year, as in the source.

    Raises
    ------
    DataError
        If `e10` is outside the family.

    References
    ----------
    Coale, A. J., Demeny, P., Vaughan, B. (1983), Regional Model Life Tables and Stable Populations, 2nd
    edition, Academic Press, with the corrections of J. Oeppen (2018).

    Examples
    --------
    >>> west(62.99381, sex="female").ex[[0, 3]].round(2)
    array([70.  , 63.02])
    """
    require(sex in WEST_E10, column="sex", rule=f"{sex} is unknown", mend="male or female")
    low, high = WEST_E10[sex]
    level = floats(e10, column="e10", low=low, high=high)[..., np.newaxis]
    start, slope, log_start, log_slope = _COEFFICIENTS[sex].T
    straight = start + slope * level
    bent = 10 ** (log_start + log_slope * level) / 10_000
    steeper = slope / log_slope / np.log(10) >= bent
    q = np.where(straight > bent, (straight + bent) / 2, np.where(steeper, bent, straight))
    lx = np.cumprod(np.concatenate([np.ones_like(level), 1 - q], axis=-1), axis=-1)
    old, old_years = _old_ages(lx, q[..., -1], sex=sex)
    a = np.concatenate(
        [_child_years(q[..., :1], sex=sex), np.broadcast_to(_LATER_YEARS, q[..., 2:].shape)], axis=-1
    )
    years = WEST_WIDTHS[:17] * lx[..., 1:] + a * (lx[..., :-1] - lx[..., 1:])
    return from_survivors(
        np.concatenate([lx, old[..., 1:]], axis=-1),
        years=np.concatenate([years, old_years], axis=-1),
        widths=WEST_WIDTHS,
    )


def _child_years(q0: Floats, *, sex: Sex) -> Floats:
    """Years lived by those who die at 0 and at 1-4, shape (..., 2)."""
    parts = []
    for intercept, slope, flat in (_FIRST_YEAR[sex], _NEXT_YEARS[sex]):
        parts.append(np.where(q0 < _HIGH_Q0, intercept + slope * q0, flat))
    return np.concatenate(parts, axis=-1)


def _old_ages(lx: Floats, q75: Floats, *, sex: Sex) -> tuple[Floats, Floats]:
    """Survivors to 80, 85, ..., 100 and years lived from each, by a Gompertz curve through 77.5 and 105."""
    at_75, at_80 = lx[..., -2], lx[..., -1]
    rate_77 = (at_75 - at_80) / (5 * (at_75 + at_80) / 2)
    growth = np.log((_OLD_RATE[sex] + 1.75 * q75) / rate_77) / 27.5
    rate_80 = rate_77 * np.exp(2.5 * growth)
    time = np.arange(0, 40 + _FINE / 2, _FINE)
    rise = np.expm1(growth[..., np.newaxis] * time)
    curve = at_80[..., np.newaxis] * np.exp(-(rate_80 / growth)[..., np.newaxis] * rise)
    block = round(5 / _FINE)
    years = [np.trapezoid(curve[..., k * block : (k + 1) * block + 1], dx=_FINE, axis=-1) for k in range(4)]
    years.append(np.trapezoid(curve[..., 4 * block :], dx=_FINE, axis=-1))
    return curve[..., [k * block for k in range(5)]], np.stack(years, axis=-1)


def relational(standard: LifeTable, *, alpha: npt.ArrayLike, beta: npt.ArrayLike = 1.0) -> LifeTable:
    """A table whose logits are a straight line of a standard's.

    `Y(x) = ln((1 - l(x)) / l(x)) / 2`, and `Y'(x) = alpha + beta Y(x)`. Those who die in an age live as
    long in it as in the standard, and the expectation in the open age is the standard's.

    Parameters
    ----------
    standard : LifeTable
        Shape (..., ages), with deaths in the first age.
    alpha : array_like of float
        Level, a shape that broadcasts with the standard's axes before age; above 0 is higher mortality.
    beta : array_like of float
        Weight of old against young ages, above 0.

    Returns
    -------
    LifeTable

    Raises
    ------
    DataError
        If a parameter is missing, beta is not above 0, or a logit of the standard is infinite.

    References
    ----------
    Brass, W. (1971), On the scale of mortality, in Biological Aspects of Demography, Taylor and Francis.

    Examples
    --------
    >>> base = west(63.0, sex="female")
    >>> bool(np.allclose(relational(base, alpha=0).lx, base.lx))
    True
    """
    shift = floats(alpha, column="alpha", low=-_LARGE, high=_LARGE)[..., np.newaxis]
    tilt = floats(beta, column="beta", low=float(np.finfo(np.float64).tiny), high=_LARGE)[..., np.newaxis]
    later = standard.lx[..., 1:]
    require(
        bool(((later > 0) & (later < 1)).all()),
        column="standard",
        rule="nobody dies in its first age, or nobody reaches its last",
        mend="give another standard, or one with an earlier open age",
    )
    logit = np.log((1 - later) / later) / 2
    moved = 1 / (1 + np.exp(2 * (shift + tilt * logit)))
    lx = np.concatenate([np.ones_like(moved[..., :1]), moved], axis=-1)
    dead = lx[..., :-1] - lx[..., 1:]
    years = standard.widths[:-1] * lx[..., 1:] + standard.ax[..., :-1] * dead
    last = lx[..., -1:] * standard.ex[..., -1:]
    return from_survivors(lx, years=np.concatenate([years, last], axis=-1), widths=standard.widths)


def level_for_e0(standard: LifeTable, *, e0: npt.ArrayLike) -> Floats:
    """The logit shift that gives a life expectancy.

    Parameters
    ----------
    standard : LifeTable
        One table, shape (ages,).
    e0 : array_like of float
        Life expectancy at birth, years, shape (...).

    Returns
    -------
    numpy.ndarray of float
        Alpha with beta = 1, shape (...).

    Raises
    ------
    DataError
        If no shift gives one of the expectancies.

    Examples
    --------
    >>> base = west(63.0, sex="female")
    >>> alpha = level_for_e0(base, e0=[60, base.ex[0]])
    >>> relational(base, alpha=alpha).ex[:, 0].round(6), abs(alpha[1].round(9))
    (array([60.      , 70.005647]), np.float64(0.0))
    """
    wanted = floats(e0, column="e0", low=0, high=_LARGE)
    return _search(lambda at: relational(standard, alpha=at).ex[..., 0], wanted, within=_LOGITS, column="e0")


def level_for_deaths(standard: LifeTable, *, people: npt.ArrayLike, deaths: npt.ArrayLike) -> Floats:
    """The logit shift that gives a number of deaths a year among people of given ages.

    Parameters
    ----------
    standard : LifeTable
        One table, shape (ages,).
    people : array_like of float
        People by the ages of the standard, shape (..., ages).
    deaths : array_like of float
        Deaths a year of all ages, shape (...).

    Returns
    -------
    numpy.ndarray of float
        Alpha with beta = 1, shape (...).

    Raises
    ------
    DataError
        If people or deaths are missing or negative, or no shift gives the deaths.

    Examples
    --------
    >>> base = west(63.0, sex="female")
    >>> people = base.Lx * 1000
    >>> abs(level_for_deaths(base, people=people, deaths=1000.0).round(6))
    np.float64(0.0)
    """
    alive = floats(people, column="people", low=0, high=_LARGE)
    wanted = floats(deaths, column="deaths", low=0, high=_LARGE)
    fits = alive.shape[-1:] == standard.mx.shape[-1:] and alive.shape[:-1] == wanted.shape
    require(fits, column="people", rule="they do not fit the ages or deaths", mend="give the table's ages")
    return -_search(
        lambda at: (relational(standard, alpha=-at).mx * alive).sum(axis=-1),
        wanted,
        within=_LOGITS,
        column="deaths",
    )


def model_table(e0: npt.ArrayLike, *, sex: Sex) -> LifeTable:
    """The model table of a life expectancy: West, and beyond its last level West's last shifted in the logit.

    Parameters
    ----------
    e0 : array_like of float
        Life expectancy at birth, years, from about 20 (female) or 18 (male), shape (...).
    sex : {"male", "female"}
        Whose table.

    Returns
    -------
    LifeTable
        Shape (..., 22), ages `WEST_WIDTHS`; its expectation at birth is `e0`.

    Raises
    ------
    DataError
        If a life expectancy is below the family's first level or above what a shift can give.

    References
    ----------
    As `west` and `relational`.

    Examples
    --------
    >>> model_table([77.37, 85.0], sex="female").ex[:, 0].round(6)
    array([77.37, 85.  ])
    """
    require(sex in WEST_E10, column="sex", rule=f"{sex} is unknown", mend="male or female")
    wanted = floats(e0, column="e0", low=0, high=_LARGE)
    values, back = np.unique(wanted, return_inverse=True)
    top = west(WEST_E10[sex][1], sex=sex)
    inside = values <= top.ex[0]
    lx, years = np.empty((values.size, 22)), np.empty((values.size, 22))
    found = _search(
        lambda at: west(at, sex=sex).ex[..., 0], values[inside], within=WEST_E10[sex], column="e0"
    )
    for chosen, table in (
        (inside, west(found, sex=sex)),
        (~inside, relational(top, alpha=level_for_e0(top, e0=values[~inside]))),
    ):
        lx[chosen], years[chosen] = table.lx, table.Lx
    shape = (*wanted.shape, 22)
    back = back.reshape(-1)
    return from_survivors(lx[back].reshape(shape), years=years[back].reshape(shape), widths=WEST_WIDTHS)


def china_table(e0: npt.ArrayLike, *, sex: Sex) -> LifeTable:
    """The table of a life expectancy with the age pattern of China in 2010 to 2020.

    West at `CHINA_STANDARD`, its logits a line with the slope `CHINA_BETA` and the level that gives `e0`.
    Against West of the same expectancy fewer old people die and more of middle age.

    Parameters
    ----------
    e0 : array_like of float
        Life expectancy at birth, years, shape (...); `CHINA_E0` is that of the decade.
    sex : {"male", "female"}
        Whose table.

    Returns
    -------
    LifeTable
        Shape (..., 22), ages `WEST_WIDTHS`; its expectation at birth is `e0`.

    Raises
    ------
    DataError
        If a life expectancy is outside what a shift of the level can give.

    References
    ----------
    As `west` and `relational`; the slope from the censuses of 2010 and 2020 (National Bureau of Statistics).
    Only ages from 45 are in the fit: younger cohorts were undercounted in 2010 or moved abroad.

    Examples
    --------
    >>> china_table([74.6, 78.0], sex="male").ex[:, 0].round(6)
    array([74.6, 78. ])
    """
    require(sex in CHINA_BETA, column="sex", rule=f"{sex} is unknown", mend="male or female")
    wanted = floats(e0, column="e0", low=0, high=_LARGE)
    standard, beta = model_table(CHINA_STANDARD[sex], sex=sex), CHINA_BETA[sex]
    values, back = np.unique(wanted, return_inverse=True)
    level = _search(
        lambda at: relational(standard, alpha=at, beta=beta).ex[..., 0], values, within=_LOGITS, column="e0"
    )
    return relational(standard, alpha=level[back].reshape(wanted.shape), beta=beta)


def _search(
    of: Callable[[Floats], Floats], wanted: Floats, *, within: tuple[float, float], column: str
) -> Floats:
    """Where a monotone function has the wanted values, by halving an interval."""
    below, above = (np.full(wanted.shape, end) for end in within)
    ends = np.stack([of(below), of(above)])
    rising = ends[1] >= ends[0]
    bad = (wanted < ends.min(axis=0)) | (wanted > ends.max(axis=0))
    least, most = (float(ends.min()), float(ends.max())) if wanted.size else (0.0, 0.0)
    require(
        not bad.any(),
        column=column,
        rule=f"{int(bad.sum())} of {bad.size} values are outside the family, about {least:.4g} to {most:.4g}",
        mend="give values inside",
    )
    for _ in range(_STEPS):
        middle = (below + above) / 2
        short = (of(middle) < wanted) == rising
        below, above = np.where(short, middle, below), np.where(short, above, middle)
    return np.asarray((below + above) / 2)

"""Estimates of the deterrence and the pulls from observed flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, floats, require
from tongqu.methods.interaction.closeness import Closeness, closeness
from tongqu.methods.interaction.deterrence import Deterrence
from tongqu.methods.interaction.flows import doubly_flows

__all__ = ["Constraint", "Form", "GravityFit", "fit_gravity"]

Constraint: TypeAlias = Literal["unconstrained", "production", "attraction", "doubly"]
"""Which observed margins the model keeps: none (but the total), rows, columns, or both."""

Form: TypeAlias = Literal["exponential", "power", "combined"]
"""How cost deters."""

_LARGE: Final = float(np.finfo(np.float64).max)

_STEPS: Final = 100
"""Newton steps after which an estimate counts as not to be had; the likelihood is concave: few are needed."""

_HALVINGS: Final = 40
"""Halvings of one step while the likelihood does not rise."""

_CLOSE: Final = 1e-10
"""Step, in standard errors, below which the estimate stands."""

_SAME: Final = 1e-10
"""Least share of its own information that a variable must keep beside the others to be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class GravityFit:
    """Parameters of a gravity model, estimated by Poisson maximum likelihood.

    Parameters
    ----------
    constraint : Constraint
        Which margins are kept.
    form : Form
        How cost deters.
    names : tuple of str
        Names of the parameters: alpha, beta, and the given pushes, pulls and rules.
    values, errors : numpy.ndarray of float
        Estimate and standard error of each, shape (parameters,). Beta is per unit of cost, alpha and the
        exponents of pushes and pulls are elasticities.
    covariance : numpy.ndarray of float
        Shape (parameters, parameters).
    dispersion : float
        Pearson's chi-squared over its degrees of freedom: 1 under a Poisson law. Above 1, multiply the
        standard errors by its square root (quasi-Poisson). NaN without degrees of freedom.
    deterrence : Deterrence
        The estimated function.
    flows : numpy.ndarray of float
        Fitted flows, shape (origins, destinations), 0 where there is no way.
    log_likelihood, deviance : float
        Of the fitted flows.
    closeness : Closeness
        Fitted against observed, over the pairs with a way.
    """

    constraint: Constraint
    form: Form
    names: tuple[str, ...]
    values: Floats
    errors: Floats
    covariance: Floats
    dispersion: float
    deterrence: Deterrence
    flows: Floats
    log_likelihood: float
    deviance: float
    closeness: Closeness


def fit_gravity(
    flows: npt.ArrayLike,
    cost: npt.ArrayLike,
    *,
    constraint: Constraint,
    form: Form = "exponential",
    push: Mapping[str, npt.ArrayLike] | None = None,
    pull: Mapping[str, npt.ArrayLike] | None = None,
    rules: Mapping[str, npt.ArrayLike] | None = None,
) -> GravityFit:
    """Deterrence and the exponents of pushes and pulls that make observed flows most likely.

    Flows are independent Poisson counts with the logarithm of the mean linear in the parameters. Each Newton
    step keeps the constrained margins exactly (balancing factors are the fixed effects), and is the step of
    iteratively reweighted least squares for the other parameters. With two margins, the exponential form and
    nothing else, the condition is Hyman's: the modelled mean cost equals the observed one.

    Parameters
    ----------
    flows : array_like of float
        Observed people of each pair, shape (origins, destinations), 0 or more.
    cost : array_like of float
        Cost of each pair, same shape; inf where there is no way or the pair is left out (say within a place).
    constraint : {"unconstrained", "production", "attraction", "doubly"}
        Which margins are kept.
    form : {"exponential", "power", "combined"}
        How cost deters.
    push, pull : mapping of str to array_like of float, optional
        Properties of origins and destinations (people, jobs, wages, services within reach, housing), above
        0; they enter as logarithms. Not for a side whose margin is kept.
    rules : mapping of str to array_like of float, optional
        Properties that enter as they are (a hukou rule, 0 or 1; a border), shape (origins, destinations) or
        one that numpy spreads to it, such as (destinations,).

    Returns
    -------
    GravityFit
        Estimates with standard errors of the Poisson law.

    Raises
    ------
    DataError
        If a value is missing or negative, somebody moves where there is no way, two variables cannot be told
        apart, or the likelihood has no greatest value.

    References
    ----------
    Flowerdew, R., Aitkin, M. (1982), A method of fitting the gravity model based on the Poisson distribution,
    Journal of Regional Science 22, 191-202. Hyman, G. M. (1969), The calibration of trip distribution models,
    Environment and Planning 1, 105-112. Wilson, A. G. (1971), Environment and Planning 3, 1-32.

    Examples
    --------
    >>> cost = [[np.inf, 10, 30], [10, np.inf, 20], [30, 20, np.inf]]
    >>> found = fit_gravity([[0, 70, 9], [60, 0, 20], [10, 22, 0]], cost, constraint="production")
    >>> found.names, found.values.round(4), found.errors.round(4)
    (('beta',), array([0.1017]), array([0.0136]))
    """
    seen, dear = _observed(flows, cost)
    open_pair = np.isfinite(dear)
    names, design = _design(dear, open_pair, form=form, push=push, pull=pull, rules=rules)
    _require_free_sides(constraint, push=push, pull=pull)
    keeps = constraint in ("production", "doubly"), constraint in ("attraction", "doubly")
    values, fitted, information = _climb(seen, design, open_pair, keeps=keeps, names=names)
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    used = open_pair & (fitted > 0)
    freedom = int(used.sum()) - _fixed(seen, keeps=keeps) - values.size
    pearson = float(np.sum((seen[used] - fitted[used]) ** 2 / fitted[used]))
    kept = dict(zip(names, values, strict=True))
    return GravityFit(
        constraint=constraint,
        form=form,
        names=names,
        values=values,
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        dispersion=pearson / freedom if freedom > 0 else float("nan"),
        deterrence=Deterrence(beta=float(kept.get("beta", 0.0)), alpha=float(kept.get("alpha", 0.0))),
        flows=fitted,
        log_likelihood=_likelihood(seen, fitted) - float(gammaln(seen + 1).sum()),
        deviance=2 * (_likelihood(seen, seen) - _likelihood(seen, fitted)),
        closeness=closeness(seen, fitted, open_pair=open_pair),
    )


def _observed(flows: npt.ArrayLike, cost: npt.ArrayLike) -> tuple[Floats, Floats]:
    seen = floats(flows, column="flows", low=0, high=_LARGE)
    dear = floats(cost, column="cost", low=0)
    same = seen.ndim == 2 and seen.shape == dear.shape
    require(same, column="cost", rule="shapes differ", mend="give one cost and one flow for each pair")
    require(bool(seen.sum() > 0), column="flows", rule="nobody moves", mend="give observed flows")
    lost = np.argwhere((seen > 0) & ~np.isfinite(dear))
    where = ", ".join(str(tuple(map(int, pair))) for pair in lost[:5])
    require(
        lost.size == 0,
        column="flows",
        rule=f"{len(lost)} pairs have flows but no way",
        mend=f"give a cost, or leave the flow out, for the pairs {where} (counted from 0)",
    )
    return seen, dear


def _require_free_sides(
    constraint: Constraint,
    *,
    push: Mapping[str, npt.ArrayLike] | None,
    pull: Mapping[str, npt.ArrayLike] | None,
) -> None:
    known = constraint in ("unconstrained", "production", "attraction", "doubly")
    require(known, column="constraint", rule=f"{constraint} is unknown", mend="see the documentation")
    problems = [
        Problem(rule="the margins of this side are kept", mend="leave it out", column=column)
        for column, given, kept in (
            ("push", push, constraint in ("production", "doubly")),
            ("pull", pull, constraint in ("attraction", "doubly")),
        )
        if given and kept
    ]
    if problems:
        raise DataError(problems)


def _design(
    dear: Floats,
    open_pair: Bools,
    *,
    form: Form,
    push: Mapping[str, npt.ArrayLike] | None,
    pull: Mapping[str, npt.ArrayLike] | None,
    rules: Mapping[str, npt.ArrayLike] | None,
) -> tuple[tuple[str, ...], Floats]:
    """Names of the variables, and their values, shape (variables, origins, destinations), 0 without a way."""
    known = form in ("exponential", "power", "combined")
    require(known, column="form", rule=f"{form} is unknown", mend="exponential, power or combined")
    near = np.where(open_pair, dear, 1.0)
    columns: list[tuple[str, Floats]] = []
    if form != "exponential":
        above = bool((near > 0).all())
        require(above, column="cost", rule="it is 0 under a power function", mend="give costs above 0")
        columns.append(("alpha", -np.log(near)))
    if form != "power":
        columns.append(("beta", -near))
    tiny = float(np.finfo(np.float64).tiny)
    for given, along in ((push, (slice(None), np.newaxis)), (pull, (np.newaxis, slice(None)))):
        size = dear.shape[0 if given is push else 1]
        for name, values in (given or {}).items():
            level = floats(values, column=name, low=tiny, high=_LARGE)
            fits = level.shape == (size,)
            require(fits, column=name, rule="its shape is wrong", mend=f"give {size} values above 0")
            columns.append((name, np.log(level)[along]))
    for name, values in (rules or {}).items():
        level = floats(values, column=name, low=-_LARGE, high=_LARGE)
        spread = zip(level.shape[::-1], dear.shape[::-1], strict=False)
        fits = level.ndim <= 2 and all(size in (1, full) for size, full in spread)
        require(fits, column=name, rule="its shape is wrong", mend="give one value for each pair")
        columns.append((name, level))
    names = tuple(name for name, _ in columns)
    once = len(set(names)) == len(names)
    require(once, column="names", rule="a name comes twice", mend="name each variable once")
    return names, np.stack([np.where(open_pair, column, 0.0) for _, column in columns])


def _climb(
    seen: Floats, design: Floats, open_pair: Bools, *, keeps: tuple[bool, bool], names: tuple[str, ...]
) -> tuple[Floats, Floats, Floats]:
    """Estimates, fitted flows and information by Newton's method with halved steps."""
    scale = np.array([max(np.std(column[open_pair]), 1e-300) for column in design])
    values = np.zeros(len(design))
    fitted = _mean(values, design, seen, open_pair, keeps=keeps)
    best = _likelihood(seen, fitted)
    start = np.full(len(design), np.inf)
    for _ in range(_STEPS):
        free = _within(design, fitted, keeps=keeps)
        information = np.einsum("aij,ij,bij->ab", free, fitted, free)
        _require_apart(information, design, fitted, names=names)
        start = start if values.any() else np.diag(information)
        step = np.linalg.solve(information, np.einsum("aij,ij->a", design, seen - fitted))
        if np.max(np.abs(step) * np.sqrt(np.diag(information))) < _CLOSE:
            # Where the likelihood rises for ever, the information dies away instead.
            if bool((np.diag(information) > _SAME * start).all()):
                return values, fitted, information
            break
        # Far from the top a full Newton step of an exponential mean may leave the range of numbers.
        step *= min(1.0, 5.0 / float(np.max(np.abs(step) * scale)))
        for _ in range(_HALVINGS):
            tried = _mean(values + step, design, seen, open_pair, keeps=keeps)
            found = _likelihood(seen, tried)
            if found >= best - 1e-12 * abs(best):
                break
            step = step / 2
        values, fitted, best = values + step, tried, found
    raise DataError(
        [
            Problem(
                rule="the likelihood has no greatest value, or it is too flat to find",
                mend="leave out variables, or pairs whose flows are all 0",
                column=", ".join(names),
            )
        ]
    )


def _mean(
    values: Floats, design: Floats, seen: Floats, open_pair: Bools, *, keeps: tuple[bool, bool]
) -> Floats:
    """Mean flows: exp of the linear part, scaled to the kept margins."""
    log = np.where(open_pair, np.tensordot(values, design, axes=1), -np.inf)
    rows, columns = seen.sum(axis=1), seen.sum(axis=0)
    if all(keeps):
        peak = float(log[open_pair].max())
        return doubly_flows(peak - log, Deterrence(beta=1.0), leave=rows, arrive=columns).flows
    axis = 1 if keeps[0] else 0 if keeps[1] else None
    log = log - np.where(np.isfinite(top := log.max(axis=axis, keepdims=True)), top, 0.0)
    weight = np.exp(log)
    whole = weight.sum(axis=axis, keepdims=True)
    amount = seen.sum(axis=axis, keepdims=True)
    return np.asarray(weight * amount / np.where(whole > 0, whole, 1.0))


def _within(design: Floats, fitted: Floats, *, keeps: tuple[bool, bool]) -> Floats:
    """Variables less their fitted part by the fixed effects, weighted by the fitted flows."""
    if not all(keeps):
        axis = (2,) if keeps[0] else (1,) if keeps[1] else (1, 2)
        whole = fitted[np.newaxis].sum(axis=axis, keepdims=True)
        mean = (design * fitted).sum(axis=axis, keepdims=True) / np.where(whole > 0, whole, 1.0)
        return np.asarray(design - mean)
    rows, columns = fitted.sum(axis=1), fitted.sum(axis=0)
    normal = np.block([[np.diag(rows), fitted], [fitted.T, np.diag(columns)]])
    weighted = design * fitted
    right = np.concatenate([weighted.sum(axis=2), weighted.sum(axis=1)], axis=1)
    # The effects are defined up to a constant, hence least squares.
    effect = np.linalg.lstsq(normal, right.T, rcond=None)[0].T
    return np.asarray(design - effect[:, : rows.size, np.newaxis] - effect[:, np.newaxis, rows.size :])


def _require_apart(information: Floats, design: Floats, fitted: Floats, *, names: tuple[str, ...]) -> None:
    """A DataError that names the variables that the others, or the kept margins, already determine."""
    mean = np.tensordot(design, fitted, axes=2) / fitted.sum()
    alone = np.einsum("aij,ij->a", (design - mean[:, np.newaxis, np.newaxis]) ** 2, fitted)
    size = np.where(alone > 0, alone, 1.0)
    scaled = information / np.sqrt(np.outer(size, size))
    found, parts = np.linalg.eigh(scaled)
    if found[0] > _SAME:
        return
    mixed = [name for name, part in zip(names, parts[:, 0], strict=True) if abs(part) > np.sqrt(_SAME)]
    raise DataError(
        [
            Problem(
                rule="it cannot be told apart from the others or from the kept margins",
                mend="leave one of them out",
                column=", ".join(mixed),
            )
        ]
    )


def _likelihood(seen: Floats, fitted: Floats) -> float:
    """Poisson log-likelihood without its constant; -inf where somebody moves against a mean of 0."""
    some = seen > 0
    if bool((fitted[some] <= 0).any()):
        return -float("inf")
    return float(seen[some] @ np.log(fitted[some]) - fitted.sum())


def _fixed(seen: Floats, *, keeps: tuple[bool, bool]) -> int:
    """Number of fixed effects: of the kept sides, those with people, less one where both are kept."""
    rows, columns = int((seen.sum(axis=1) > 0).sum()), int((seen.sum(axis=0) > 0).sum())
    return max(1, keeps[0] * rows + keeps[1] * columns - all(keeps))

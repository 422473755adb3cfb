"""Plan: baseline, offers, joint optimisation, simulation until both agree, and the run folder of it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from tongqu.base import Progress, Report, silent
from tongqu.contracts import (
    Draft,
    Feedback,
    Run,
    Scenario,
    Solver,
    State,
    check_target,
    clear_drafts,
    ledger_of,
    run_id,
    whole_run,
    write_run,
)
from tongqu.data import Region, region_files
from tongqu.engine.coordinate import Indicators
from tongqu.engine.explain import reasons, unserved
from tongqu.engine.feedback import Settled, settle
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Stop
from tongqu.engine.simulate import outcomes
from tongqu.workflow.issues import feedback_issues, issues_of
from tongqu.workflow.prepare import ENGINE, draft_of, inputs_for, region_of, sector_versions, sectors_for
from tongqu.workflow.stored import refreshed_at

__all__ = ["PlanRun", "decisions_of", "manifest_of", "plan", "tables_of"]


@dataclass(frozen=True)
class PlanRun:
    """A plan that was made and stored.

    Parameters
    ----------
    run : Run
        The stored run; every figure of a report comes from it.
    """

    run: Run

    def summary(self) -> dict[str, object]:
        """The headline figures as plain numbers."""
        decisions = self.run["results/decisions"]
        certificate = self.run.certificate
        return {
            "run": self.run.id,
            "path": str(self.run.path),
            "projects": len(decisions),
            "capital_wan": float(decisions["capital_wan"].sum()),
            "rounds": self.run.manifest["feedback"]["rounds"],
            "feedback": self.run.manifest["feedback"]["end"],
            **certificate,
        }


def plan(
    region: Region | str | Path,
    scenario: Scenario | Draft | str | Path | None = None,
    *,
    out: str | Path = "tongqu-run",
    resume: Run | str | Path | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> PlanRun:
    """Make a plan and store it as a run folder.

    Parameters
    ----------
    region : Region, path or name of a bundled region
    scenario : Scenario, Draft or path, optional
        The default scenario unless given.
    out : path
        Run folder; it appears only when everything is done, and replaces an earlier run there.
    resume : Run or path, optional
        A stored run to go on from. Its decisions are where the search begins; if it was made from the same
        region, scenario (but for solver and feedback) and code, its last round is taken up and the better of
        both bounds is kept.
    stop : Stop, optional
        Asked from another thread, the best plan so far is simulated and stored, with a valid bound.

    Raises
    ------
    DataError
        If the region breaks rules, or else the scenario: one report of all, before anything is solved.
    InfeasibleError
        If limits exclude one another: names them.
    RunError
        If the run to go on from cannot be read.

    Examples
    --------
    >>> import tongqu
    >>> made = tongqu.plan("quzhou", out="tongqu-demo/run")  # doctest: +SKIP
    >>> made.summary()["gap"] < 0.001  # doctest: +SKIP
    True
    """
    folder = check_target(Path(out))
    clear_drafts(folder)
    earlier = None if resume is None else whole_run(resume)
    draft = draft_of(scenario)
    region = region_of(region, progress=progress)
    sectors = sectors_for(region)
    versions = sector_versions(sectors)
    inputs = inputs_for(region, sectors, draft=draft, progress=progress)
    chosen = inputs.scenario
    begin = _begin(earlier, region, chosen, versions=versions)
    proven: dict[str, Any] = {}
    if chosen.robust.futures:
        # What futures draw is said by sectors, whose modules take a while to load.
        from tongqu.workflow.futures.robust import settled_robust

        settled, proven = settled_robust(inputs, start=begin.start, stop=stop, progress=progress)
    else:
        settled = settle(
            inputs, start=begin.start, after=begin.after, bound=begin.bound, stop=stop, progress=progress
        )
    progress(Report("store"))
    manifest = manifest_of(settled, versions=versions)
    if proven:
        manifest["robust"] = proven
    if earlier is not None:
        manifest["feedback"]["resumed"] = earlier.id
    files = {f"inputs/{name}": content for name, content in region_files(region, whole=True).items()}
    files["scenario.toml"] = tomli_w.dumps(_plain(chosen.model_dump(mode="json"))).encode()
    run = write_run(folder, files=files, tables=tables_of(settled), manifest=manifest)
    return PlanRun(run)


@dataclass(frozen=True)
class _Begin:
    """Where the rounds begin: starts to search from, a plan to make the inputs again at, a bound."""

    start: pd.Series | None = None
    after: pd.Series | None = None
    bound: float | None = None


def _begin(earlier: Run | None, region: Region, scenario: Scenario, *, versions: Mapping[str, str]) -> _Begin:
    if earlier is None:
        return _Begin()
    start = earlier["results/decisions"].set_index("project")["start"].astype("int64")
    made = earlier.manifest
    same = (
        made["region"]["sha256"] == region.sha256
        and made["engine"] == ENGINE
        and made["sectors"] == dict(versions)
        and _asked(earlier.scenario) == _asked(scenario)
    )
    return (
        _Begin(start, refreshed_at(earlier), float(earlier.certificate["bound"])) if same else _Begin(start)
    )


def _asked(scenario: Scenario) -> Scenario:
    """What is asked, without how long and how closely it is sought."""
    solver = Solver(tangent_error=scenario.solver.tangent_error)
    return scenario.model_copy(update={"solver": solver, "feedback": Feedback()})


def _plain(value: Any) -> Any:
    """Drop what TOML cannot hold: missing values."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def manifest_of(settled: Settled, *, versions: Mapping[str, str]) -> dict[str, Any]:
    """Give the manifest of a run but for its files: id, versions, what was asked in brief, certificate."""
    inputs, made, checked = settled.best.inputs, settled.best.plan, settled.best.checked
    scenario, region = inputs.scenario, inputs.region
    certificate = {**asdict(made.certificate), "gap": made.certificate.gap, "simulated": checked.objective}
    return {
        "id": run_id(region, scenario, engine=ENGINE, sectors=versions),
        "engine": ENGINE,
        "sectors": dict(versions),
        "region": {
            "name": region.name,
            "title_zh": region.title_zh,
            "title_en": region.title_en,
            "sha256": region.sha256,
            "base_year": region.base_year,
        },
        "scenario": {
            "name": scenario.name,
            "title_zh": scenario.title_zh,
            "title_en": scenario.title_en,
            "first_year": scenario.first_year,
            "last_year": scenario.last_year,
        },
        "solver": scenario.solver.model_dump(),
        "certificate": certificate,
        "left_out": list(inputs.baseline.left_out),
        "feedback": {
            "end": settled.end,
            "rounds": settled.rounds,
            "round": settled.best.number,
            "after": bool((settled.starts["round"] == 0).any()),
        },
    }


def decisions_of(inputs: Inputs, starts: pd.Series) -> pd.DataFrame:
    """Give the chosen projects with ``start`` and ``opens``, by year, county and sector."""
    projects = inputs.offer.projects
    chosen = projects[projects["project"].isin(starts.index)].copy()
    chosen["start"] = chosen["project"].map(starts).astype("int64")
    chosen["opens"] = chosen["start"] + chosen["lead"]
    return chosen.sort_values(["start", "county", "sector", "project"], ignore_index=True)


def tables_of(settled: Settled) -> dict[str, pd.DataFrame]:
    """Give every table of the run; names as in ``tongqu.contracts.TABLES``."""
    # Ways are searched by compiled code, which is not loaded before something is planned.
    from tongqu.workflow.bureau_tables import reach_of, school_moves

    inputs, made, checked = settled.best.inputs, settled.best.plan, settled.best.checked
    cases = {"base": (inputs.base_states, inputs.baseline), "plan": (checked.states, checked.indicators)}
    decisions = decisions_of(inputs, made.starts)

    def both(make: Callable[[Sequence[State], Indicators], pd.DataFrame]) -> pd.DataFrame:
        parts = [make(*content).assign(case=case) for case, content in cases.items()]
        return pd.concat(parts, ignore_index=True)

    return {
        "offer/projects": inputs.offer.projects,
        "offer/entries": inputs.offer.entries,
        "offer/pairs": inputs.offer.pairs,
        "offer/limits": inputs.offer.limits,
        "results/decisions": decisions,
        "results/outcomes": both(lambda states, _: outcomes(states)),
        "results/indicators": both(
            lambda _, found: (
                _long(found.values, "value")
                .merge(_long(found.scores, "score"), on=["unit", "year", "indicator"], validate="1:1")
                .merge(
                    found.table[["side", "pillar", "origin"]].rename_axis("indicator").reset_index(),
                    on="indicator",
                )
                .merge(_long(found.weights, "weight"), on=["unit", "year", "indicator"], validate="1:1")
            )
        ),
        "results/indices": both(lambda _, found: found.indices.reset_index()),
        "results/obstacles": both(lambda _, found: _long(found.obstacles(), "degree")),
        "results/weights": inputs.weights.rename("weight").reset_index(),
        "results/ledger": ledger_of(inputs.offer.entries, inputs.years, starts=made.starts),
        "results/accounts": made.accounts,
        "results/promise": checked.difference,
        "results/convergence": settled.figures,
        "results/rounds": settled.starts,
        "results/measures": checked.measures,
        "results/stages": made.stages,
        "results/prices": made.prices,
        "results/reasons": reasons(inputs, made.starts, prices=made.prices),
        "results/left_out": unserved(inputs, made.starts),
        "results/school_moves": school_moves(inputs.region, checked.states, decisions, assume=inputs.assume),
        "results/reach": reach_of(
            inputs.region,
            {case: states for case, (states, _) in cases.items()},
            decisions,
            health=any(sector.name == "health" for sector in inputs.sectors),
        ),
        "results/issues": pd.concat(
            [issues_of(inputs, made, checked), feedback_issues(settled)], ignore_index=True
        ),
    }


def _long(wide: pd.DataFrame, name: str) -> pd.DataFrame:
    tall = wide.reset_index().melt(id_vars=["unit", "year"], var_name="indicator", value_name=name)
    return tall.sort_values(["unit", "year", "indicator"], ignore_index=True)

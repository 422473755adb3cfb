"""Shares of stored futures that choose a project, for whoever asks a plan why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

import futures_small
from small import loaded
from tongqu.base import DataError
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.workflow.futures.stored import chosen_in


@dataclass(frozen=True)
class Stored:
    """As much of a run as is asked for."""

    region: Region
    projects: tuple[str, ...] = ()
    scenario: Scenario = futures_small.SCENARIO

    def __getitem__(self, name: str) -> pd.DataFrame:
        assert name == "offer/projects"
        return pd.DataFrame({"project": pd.Series(self.projects, dtype="str")})


def test_shares_are_those_of_the_study_and_what_is_never_chosen_has_none(tmp_path: Path) -> None:
    study = futures_small.study()
    place = study.save(tmp_path / "made")
    found = chosen_in(place, Stored(loaded(), ("never",)))  # type: ignore[arg-type]
    choices = study.tables["choices"].set_index("project")["share"]
    assert found.reindex(choices.index).tolist() == pytest.approx(choices.tolist())
    assert found["never"] == 0.0


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    study = futures_small.study()
    run = Stored(loaded())
    with pytest.raises(DataError, match="no futures are stored there"):
        chosen_in(tmp_path, run)  # type: ignore[arg-type]
    place = study.save(tmp_path / "made")
    other = Stored(replace(loaded(), name="other", tables={**loaded().tables}))
    if other.region.sha256 != run.region.sha256:
        with pytest.raises(DataError, match="of another region"):
            chosen_in(place, other)  # type: ignore[arg-type]
    wants = Stored(loaded(), scenario=run.scenario.model_copy(update={"objective": "coverage"}))
    with pytest.raises(DataError, match="of another scenario"):
        chosen_in(place, wants)  # type: ignore[arg-type]
    choices = study.tables["choices"].assign(share=float("nan"))
    place = replace(study, tables={**study.tables, "choices": choices}).save(tmp_path / "none")
    with pytest.raises(DataError, match="no future was planned again"):
        chosen_in(place, run)  # type: ignore[arg-type]


def test_shortfalls_add_up_to_what_is_missing() -> None:
    study = futures_small.study()
    table, outcomes = study.tables["shortfalls"], study.tables["outcomes"]
    drawn = outcomes[outcomes["future"] > 0]
    for plan in ("plan", "robust"):
        mine = table[table["plan"] == plan].set_index("unit")
        lacking = drawn.loc[drawn["plan"] == plan, "short_wan"]
        assert mine.at["all", "kept"] == pytest.approx((lacking == 0).mean())
        assert mine.at["all", "p50_wan"] == pytest.approx(lacking.median())
        assert mine.at["all", "worst_wan"] == pytest.approx(lacking.max())  # a tenth of ten futures
        assert mine.drop(index="all")["worst_wan"].max() <= mine.at["all", "worst_wan"] + 1e-9
        assert mine.at["all", "kept"] <= mine.drop(index="all")["kept"].min()
    assert study.figures["shortfall"]["kept"] == study.tables["plans"].set_index("plan").at["plan", "kept"]

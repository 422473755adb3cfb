"""The table with China's age pattern: the cohorts of two censuses, expectancies, order."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.people import (
    CHINA_BETA,
    CHINA_E0,
    CHINA_STANDARD,
    LifeTable,
    Sex,
    china_table,
    model_table,
    net_migrants,
    relational,
    single_years,
    split_ages,
    survival,
    west,
)

Table = npt.NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[3]
RAW = ROOT / "data-raw" / "census"
SUMS = Path(__file__).parent / "data" / "china_census.csv"
STARTS = (0, 1, *range(5, 90, 5))
SEXES: tuple[Sex, ...] = ("male", "female")
OLD = slice(9, None)  # of the groups 10-14, ..., 85+ those of 55 and older in 2020


def census(year: int) -> Table:
    """People of China by single age, shape (1, 2, 101)."""
    table = pd.read_csv(SUMS)
    groups = np.stack([table.loc[table["sex"] == sex, f"people_{year}"].to_numpy() for sex in SEXES])
    old = np.stack([single_years(model_table(CHINA_STANDARD[sex], sex=sex)).Lx[85:] for sex in SEXES])
    return split_ages(groups, starts=STARTS, open_age=old)[np.newaxis]


def expected(tables: dict[Sex, LifeTable]) -> Table:
    """Survivors in 2020 of the people of 2010 over those counted, shape (2, 16): nobody moves."""
    shares = np.stack([survival(single_years(tables[sex])).ages for sex in SEXES])
    none, after = np.zeros((1, 2, 101)), census(2020)
    counted = net_migrants(none, after, survival=shares)
    return np.asarray((1 - net_migrants(census(2010), after, survival=shares) / counted)[0])


def test_cohorts_from_45_are_within_two_per_cent() -> None:
    ratio = expected({sex: china_table(CHINA_E0[sex], sex=sex) for sex in SEXES})[:, OLD]
    assert ratio.shape == (2, 7)
    np.testing.assert_allclose(ratio, 1, atol=0.02)


def test_the_oldest_that_west_misses_are_right() -> None:
    """The life expectancies of 2010, as in the backtest: West has 40 % too few of 85 and older."""
    of_2010: dict[Sex, float] = {"male": 72.38, "female": 77.37}
    plain = expected({sex: model_table(of_2010[sex], sex=sex) for sex in SEXES})[:, -1]
    same = expected({sex: model_table(CHINA_E0[sex], sex=sex) for sex in SEXES})[:, -1]
    bent = expected({sex: china_table(CHINA_E0[sex], sex=sex) for sex in SEXES})[:, -1]
    counted = census(2020)[0, :, 85:].sum(axis=-1)
    assert np.average(plain, weights=counted) == pytest.approx(0.60, abs=0.01)
    assert (same < 0.82).all()
    np.testing.assert_allclose(bent, 1, atol=0.01)


def test_children_were_undercounted_so_they_are_not_in_the_fit() -> None:
    """More people of 10-19 in 2020 than of 0-9 in 2010, though nobody came."""
    assert (census(2020)[0, :, 10:20].sum(axis=-1) > 1.03 * census(2010)[0, :, :10].sum(axis=-1)).all()


@given(e0=st.floats(25, 95), sex=st.sampled_from(SEXES))
@settings(max_examples=25)
def test_the_expectancy_is_met_and_the_slope_kept(e0: float, sex: Sex) -> None:
    table = china_table(e0, sex=sex)
    assert table.ex[0] == pytest.approx(e0, abs=1e-9)
    standard = model_table(CHINA_STANDARD[sex], sex=sex)
    logits = [np.log((1 - each.lx[1:]) / each.lx[1:]) / 2 for each in (table, standard)]
    np.testing.assert_allclose(np.diff(logits[0]), CHINA_BETA[sex] * np.diff(logits[1]), atol=1e-9)


@pytest.mark.parametrize("sex", SEXES)
def test_longer_lives_are_longer_at_every_age(sex: Sex) -> None:
    table = china_table(np.arange(40.0, 95.0), sex=sex)
    assert table.lx.shape == (55, 22)
    assert (np.diff(table.lx[:, 1:], axis=0) > 0).all()
    assert (table.qx >= 0).all()
    assert (table.qx[:, :-1] < 1).all()


@pytest.mark.parametrize("sex", SEXES)
def test_against_west_more_die_in_middle_age_and_fewer_when_old(sex: Sex) -> None:
    bent, plain = (of(CHINA_E0[sex], sex=sex) for of in (china_table, model_table))
    assert (bent.lx[9:14] < plain.lx[9:14]).all()  # alive at 40 to 60
    assert (bent.qx[-5:-1] < plain.qx[-5:-1]).all()
    assert bent.ex[17] > plain.ex[17]  # years left at 80


def test_shapes_follow_the_expectancies() -> None:
    values = np.array([[70.0, 75.0, 70.0], [72.0, 80.0, 70.0]])
    table = china_table(values, sex="male")
    assert table.lx.shape == (2, 3, 22)
    np.testing.assert_allclose(table.ex[..., 0], values, atol=1e-9)
    np.testing.assert_array_equal(table.lx[0, 0], table.lx[1, 2])
    np.testing.assert_allclose(table.lx[1, 1], china_table(80.0, sex="male").lx, atol=1e-12)
    assert china_table(np.empty(0), sex="male").lx.shape == (0, 22)


def test_it_is_west_bent() -> None:
    base = model_table(CHINA_STANDARD["female"], sex="female")
    bent = relational(base, alpha=-0.1, beta=CHINA_BETA["female"])
    np.testing.assert_allclose(china_table(bent.ex[0], sex="female").lx, bent.lx, atol=1e-12)
    assert base.lx.shape == west(70.0, sex="female").lx.shape


@pytest.mark.parametrize("e0", [np.nan, -1.0, 0.0, 1e4, [70.0, np.nan], np.inf])
def test_expectancies_that_cannot_be(e0: float | list[float]) -> None:
    with pytest.raises(DataError, match="e0"):
        china_table(e0, sex="male")


def test_a_third_sex_is_refused() -> None:
    with pytest.raises(DataError, match="sex"):
        china_table(75.0, sex="all")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    if not RAW.exists():
        pytest.skip("data-raw is not part of this copy")
    spec = importlib.util.spec_from_file_location("fit_mortality", ROOT / "tools" / "fit_mortality.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_constants_are_those_of_the_censuses(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fit_mortality.py", "--check"])
    assert tool.main() == 0
    monkeypatch.setattr(tool, "CHINA_BETA", {**CHINA_BETA, "male": 0.762})
    assert tool.main() == 1


def test_the_sums_are_those_of_the_censuses(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fit_mortality.py", "--sums"])
        assert tool.main() == 0
    assert capsys.readouterr().out == SUMS.read_text(encoding="utf-8")

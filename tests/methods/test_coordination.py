from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.coordination import comprehensive, coordination, coupling, coupling_of, lag, obstacles
from tongqu.methods.grades import SCALES, grade
from tongqu.methods.recognise import COUPLINGS, Recognition, recognise

DATA = Path(__file__).parent / "data"
TABLES = pd.read_csv(DATA / "coordination_tables.csv")
unit = st.floats(1e-6, 1)


@given(unit, unit)
def test_d_is_the_fourth_root_of_the_nash_product(u: float, r: float) -> None:
    assert coordination(u, r).d == pytest.approx((u * r) ** 0.25, rel=1e-12)


@given(unit, unit, st.floats(0, 1))
def test_both_variants_lie_in_the_unit_interval_and_are_symmetric(u: float, r: float, a: float) -> None:
    standard, modified = coupling(u, r), coupling(u, r, variant="modified")
    assert 0 <= modified <= standard + 1e-12 <= 1 + 2e-12
    for variant in ("standard", "modified"):
        assert coupling(u, r, variant=variant) == pytest.approx(coupling(r, u, variant=variant))
        assert coupling(u, u, variant=variant) == pytest.approx(1)
        found = coordination(u, r, weights=(a, 1 - a), variant=variant)
        assert 0 <= found.d <= 1
        assert found.variant == variant
    assert coupling(u, r) == pytest.approx(2 * np.sqrt(u * r) / (u + r))
    assert modified == pytest.approx(np.sqrt((1 - abs(u - r)) * min(u, r) / max(u, r)))


@given(st.lists(unit, min_size=2, max_size=5))
def test_the_general_form_does_not_depend_on_the_order(systems: list[float]) -> None:
    for variant in ("standard", "modified"):
        whole = coupling_of(systems, variant=variant)
        assert whole == pytest.approx(coupling_of(systems[::-1], variant=variant))
        assert 0 <= whole <= 1


def test_published_values_of_three_subsystems() -> None:
    case = json.loads((DATA / "mcda_cases.json").read_text())["ccd_mathmodels_example"]
    systems = np.array(case["U"])
    np.testing.assert_allclose(coupling_of(systems), case["C_trad"], atol=1e-6)
    modified = coupling_of(systems, variant="modified")
    np.testing.assert_allclose(modified, case["C_mod"], atol=1e-6)
    np.testing.assert_allclose(np.sqrt(modified * systems.mean(axis=1)), case["D_mod_equal_w"], atol=1e-6)


def test_computed_values_of_wang() -> None:
    np.testing.assert_allclose(coordination([0.5, 0.3], [0.4, 0.8]).d, [0.668740, 0.699927], atol=1e-6)
    modified = coordination([0.5, 0.3], [0.4, 0.8], variant="modified")
    np.testing.assert_allclose(modified.d, [0.617930, 0.488013], atol=1e-6)


def test_both_columns_of_wang_fit_one_pair_of_indices() -> None:
    """The two published couplings give the ratio and the gap of the indices, and those give both again."""
    table = pd.read_csv(DATA / "wang2021_table8.csv")
    table = table[table["c_traditional"] < 1]  # Shijiazhuang 2012 is printed as 1.0
    assert len(table) == 90
    standard, modified = table["c_traditional"].to_numpy(), table["c_modified"].to_numpy()
    ratio = ((1 - np.sqrt(1 - standard**2)) / standard) ** 2
    high = (1 - modified**2 / ratio) / (1 - ratio)
    assert ((high > 0) & (high <= 1)).all()
    np.testing.assert_allclose(coupling(high, high * ratio), standard, atol=1e-9)
    np.testing.assert_allclose(coupling(high, high * ratio, variant="modified"), modified, atol=1e-9)


def test_edges_and_missing() -> None:
    np.testing.assert_array_equal(coupling([0, 0, np.nan], [0, 1, 1]), [1, 0, np.nan])
    np.testing.assert_array_equal(coupling([0, 0, np.nan], [0, 1, 1], variant="modified"), [1, 0, np.nan])
    np.testing.assert_array_equal(coordination([0, 0, np.nan], [0, 1, 1]).d, [0, 0, np.nan])
    assert lag([0.6, np.nan], 0.4).tolist() == ["rural", ""]
    with pytest.raises(DataError, match=r"outside \[0, 1\]"):
        coupling(1.2, 0.4)
    with pytest.raises(DataError, match="sum to 1"):
        comprehensive(0.5, 0.4, weights=(0.5, 0.6))
    with pytest.raises(DataError, match="unknown"):
        coupling(0.5, 0.4, variant="other")  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 5)), min_size=1))
def test_obstacles_share_out_the_shortfall(rows: list[tuple[float, float]]) -> None:
    scores, weights = np.array(rows).T
    share = obstacles(scores, weights=weights)
    assert (share >= 0).all()
    assert share.sum() == pytest.approx(1 if (scores < 1).any() else 0)
    assert (share[scores == 1] == 0).all()


def test_an_indicator_without_data_is_no_obstacle() -> None:
    share = obstacles([[0.5, np.nan, 0.5]], weights=[1, 5, 3])
    np.testing.assert_allclose(share, [[0.25, np.nan, 0.75]])


def test_scales_are_whole() -> None:
    for name, scale in SCALES.items():
        assert len(scale.zh) == len(scale.en) == len(scale.breaks) + 1, name
        assert list(scale.breaks) == sorted(scale.breaks)
        assert all(0 < edge < 1 for edge in scale.breaks)


def test_grades() -> None:
    tenths = np.arange(11) / 10
    zh, en = np.array(SCALES["ten"].zh), SCALES["ten"].en
    np.testing.assert_array_equal(grade(tenths), np.append(zh, zh[-1]))
    assert grade(0.1 + 0.2, language="en") == en[3]
    assert grade([[np.nan, 0.5]]).tolist() == [["", "勉强协调"]]
    assert grade(0.3, scale="coupling") == "拮抗"
    with pytest.raises(DataError, match="unknown"):
        grade(0.5, scale="other")
    with pytest.raises(DataError, match="outside"):
        grade(1.5)


def test_aksu_grades_as_published() -> None:
    table = TABLES[TABLES["paper"] == "chinaxiv-201911.00067"].set_index("year")
    assert grade(table.loc[[1990, 2005, 2015], "d"], scale="aksu").tolist() == [
        "濒临失调",
        "初级协调",
        "中级协调",
    ]
    found = grade(table.loc[[1990, 2003, 2015], "c"], scale="aksu-coupling")
    assert found.tolist() == ["轻度失调", "良好协调", "濒临失调"]


def table_of(paper: str) -> dict[str, np.ndarray | None]:
    rows = TABLES[TABLES["paper"] == paper]
    systems = rows[["first", "second", "third"]].dropna(axis=1).to_numpy()
    columns = {name: None if rows[name].isna().all() else rows[name].to_numpy() for name in "ctd"}
    return {"systems": systems, **columns}


def recognised(paper: str, *, tolerance: float, **printed: str) -> dict[str, Recognition]:
    table = table_of(paper)
    systems = table.pop("systems")
    return recognise(systems, **table, printed=printed, tolerance=tolerance)


def test_a_regular_table() -> None:
    found = recognised("hindawi-2969206", tolerance=0.001)
    assert {key: each.formula for key, each in found.items()} == {
        "C": "standard",
        "T": "mean",
        "D": "sqrt(C T)",
    }
    assert found["C"].max_error <= 0.00085
    assert max(found["T"].max_error, found["D"].max_error) <= 0.00065
    assert not any(each.mislabelled or each.differs for each in found.values())


def test_a_table_that_its_printed_formula_does_not_reproduce() -> None:
    found = recognised("chinaxiv-202011.00074", tolerance=0.0002, C="printed-fraction")
    assert found["C"].formula == "geometric"
    assert found["C"].max_error <= 0.00006
    assert found["C"].differs
    assert found["C"].printed_error > 0.1
    assert (found["T"].formula, found["D"].formula) == ("mean", "sqrt(C T)")
    assert found["D"].max_error <= 0.0001


def test_three_subsystems_with_an_exponent_and_unequal_weights() -> None:
    found = recognised("chinaxiv-201711.01841", tolerance=0.0105, C="power-3")
    assert found["C"].formula == "power-3"
    assert found["C"].max_error <= 0.0021
    assert not found["C"].differs
    assert found["T"].formula == "weighted mean"
    np.testing.assert_allclose(found["T"].weights, [0.3, 0.4, 0.3], atol=0.002)
    assert found["D"].formula == "sqrt(C T)"
    assert found["D"].max_error <= 0.0105
    assert found["D"].mean_error <= 0.0006


def test_an_exponent_under_coarse_rounding() -> None:
    found = recognised("chinaxiv-201911.00067", tolerance=0.026, C="power-2")
    assert found["C"].formula == "power-2"
    assert found["C"].max_error <= 0.0255
    assert (found["T"].formula, found["D"].formula) == ("mean", "sqrt(C T)")
    assert found["T"].max_error <= 0.0051
    assert found["D"].max_error <= 0.0095


def test_a_column_headed_d_that_is_c() -> None:
    found = recognised("chinaxiv-202006.00126", tolerance=0.005, D="sqrt(C T)")["D"]
    assert found.formula == "standard"
    assert found.mislabelled
    assert found.differs
    assert found.max_error <= 0.0036
    assert found.printed_error == pytest.approx(0.395, abs=0.001)


def test_a_synergy_capacity_is_a_geometric_mean() -> None:
    found = recognised("chinaxiv-201811.00056", tolerance=0.001)["C"]
    assert found.formula == "geometric"
    assert found.max_error <= 0.0008


@pytest.mark.parametrize("name", list(COUPLINGS))
@pytest.mark.parametrize("size", [2, 3])
def test_every_formula_recognises_itself(name: str, size: int) -> None:
    systems = np.random.default_rng(5).uniform(0.05, 0.95, (30, size))
    found = recognise(systems, c=COUPLINGS[name](systems), tolerance=1e-6)["C"]
    expected = "standard" if (name, size) == ("power-1/2", 2) else name
    assert found.formula == expected
    assert found.max_error < 1e-12


def test_nothing_is_recognised_in_noise() -> None:
    rng = np.random.default_rng(5)
    found = recognise(rng.uniform(0.1, 0.9, (30, 2)), c=rng.uniform(0, 1, 30))["C"]
    assert not found.found
    assert not found.mislabelled


def test_malformed_tables() -> None:
    with pytest.raises(DataError, match="no column"):
        recognise([[0.5, 0.4]])
    with pytest.raises(DataError, match="lengths differ"):
        recognise([[0.5, 0.4]], c=[0.5, 0.6])
    with pytest.raises(DataError, match="unknown"):
        recognise([[0.5, 0.4]], c=[0.5], printed={"C": "other"})

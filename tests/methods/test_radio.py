"""Radio: values of 3GPP and Hata, inverses, bounds, and edges by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.radio import (
    DOWN,
    FAR_NO_LINE_M,
    UP,
    Budget,
    Setting,
    bullington_loss,
    coverage_probability,
    hata_loss,
    knife_edge_loss,
    line_loss,
    line_probability,
    line_sigma,
    no_line_loss,
    noise_dbm,
    profiles,
    radius_m,
    rate_mbps,
    relief_of,
    shadow_margin,
    snr_for,
    terrain_loss,
)

SETTING = Setting(ghz=0.7)


def test_line_of_sight_of_the_published_workbook() -> None:
    """3GPP TR 138 901 validation: 0.7 GHz, 35 m, 1.5 m, buildings of 5 m, streets of 20 m."""
    found = line_loss([100.0, 5000.0], setting=SETTING)
    np.testing.assert_allclose(found, [70.21901464097206, 121.33105477369], atol=1e-9)
    assert SETTING.breakpoint_m == pytest.approx(769.6902, abs=1e-4)


def test_no_line_of_sight_by_the_formula() -> None:
    """The published workbook squares 3.7 (h / base); the report squares h / base only: 0.315 dB less."""
    found = no_line_loss([100.0, 5000.0], setting=SETTING)
    np.testing.assert_allclose(found, [78.694397, 143.439453], atol=1e-6)
    near = Setting(ghz=0.7, base_m=150, user_m=10, building_m=5, street_m=50)
    metres = np.geomspace(10, 5000, 50)
    assert (no_line_loss(metres, setting=near) >= line_loss(metres, setting=near)).all()
    assert (no_line_loss(metres, setting=near) == line_loss(metres, setting=near)).any()


@pytest.mark.parametrize(
    ("area", "km", "loss"),
    [("urban", 1, 126.403), ("urban", 10, 161.628), ("suburban", 1, 116.461), ("open", 1, 97.897)],
)
def test_hata(area: str, km: float, loss: float) -> None:
    found = hata_loss(km, mhz=900, base_m=30, user_m=1.5, area=area)  # type: ignore[arg-type]
    assert float(found) == pytest.approx(loss, abs=5e-4)


def test_line_probability_and_fading() -> None:
    np.testing.assert_allclose(line_probability([0, 10, 1010]), [1, 1, np.exp(-1)])
    assert line_sigma([10, 769, 770, 9000], setting=SETTING).tolist() == [4, 4, 6, 6]


def test_outside_the_range_is_named_or_nan() -> None:
    with pytest.raises(DataError, match="beyond 10000 m"):
        line_loss([100, 10_001], setting=SETTING)
    with pytest.raises(DataError, match="beyond 5000 m"):
        no_line_loss(5_001, setting=SETTING)
    with pytest.raises(DataError, match="outside"):
        line_loss(9, setting=SETTING)
    found = no_line_loss([5_000, 5_001], setting=SETTING, beyond=True)
    assert np.isnan(found).tolist() == [False, True]
    with pytest.raises(DataError, match="km"):
        hata_loss(0.9, mhz=900)
    with pytest.raises(DataError, match="unknown"):
        hata_loss(1, mhz=900, area="forest")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("ghz", 0.4), ("base_m", 151), ("user_m", 0.9), ("building_m", 4), ("street_m", 51)],
)
def test_settings_beyond_the_model(name: str, value: float) -> None:
    with pytest.raises(DataError, match=name):
        Setting(**{"ghz": 0.7, name: value})


def test_noise_and_shadow_margin() -> None:
    assert float(noise_dbm(1e-6)) == pytest.approx(-173.975, abs=1e-3)
    assert float(noise_dbm(10, figure_db=5)) == pytest.approx(-98.975, abs=1e-3)
    np.testing.assert_allclose(shadow_margin([0.5, 0.95], sigma_db=[8, 8]), [0, 13.1588], atol=1e-4)
    with pytest.raises(DataError):
        shadow_margin(1.0, sigma_db=8)


@given(st.floats(0.01, 80), st.sampled_from([DOWN, UP]))
def test_signal_for_a_rate_gives_that_rate(rate: float, curve: object) -> None:
    mhz = 20.0
    needed = snr_for(rate, mhz=mhz, curve=curve)  # type: ignore[arg-type]
    got = rate_mbps(needed, mhz=mhz, curve=curve)  # type: ignore[arg-type]
    if np.isfinite(needed):
        assert got >= rate - 1e-9
        assert got == pytest.approx(rate, rel=1e-9) or needed == curve.least_db  # type: ignore[attr-defined]
    else:
        assert rate > curve.most * mhz  # type: ignore[attr-defined]


def test_budget_adds_up() -> None:
    budget = Budget(power_dbm=46, sending_dbi=17, feeder_db=3, body_db=1, building_db=12, mhz=10)
    bearable = budget.bearable_db([1, 20])
    np.testing.assert_allclose(budget.snr_db(bearable), snr_for([1, 20], mhz=10))
    assert bearable[0] > bearable[1]
    assert budget.bearable_db(1e6) == -np.inf


@given(st.floats(100, 160), st.sampled_from([0.7, 0.8, 0.95]))
@settings(max_examples=40)
def test_radius_inverts_coverage(bearable: float, probability: float) -> None:
    reach = float(radius_m(bearable_db=bearable, setting=SETTING, probability=probability))
    assert 0 < reach <= 10_000
    inside = coverage_probability(reach, bearable_db=bearable, setting=SETTING)
    outside = coverage_probability(reach + 1, bearable_db=bearable, setting=SETTING)
    assert inside >= probability > outside
    shaded = float(radius_m(bearable_db=bearable, setting=SETTING, probability=probability, terrain_db=6))
    assert shaded <= reach
    assert float(radius_m(bearable_db=30, setting=SETTING)) == 0


def test_coverage_is_a_mixture_of_both_states() -> None:
    from scipy.stats import norm

    metres, bearable = 2000.0, 125.0
    seen = np.exp(-1.99)
    line = norm.cdf((bearable - float(line_loss(metres, setting=SETTING))) / 6)
    other = norm.cdf((bearable - float(no_line_loss(metres, setting=SETTING))) / 8)
    found = float(coverage_probability(metres, bearable_db=bearable, setting=SETTING))
    assert found == pytest.approx(seen * line + (1 - seen) * other)
    assert coverage_probability(FAR_NO_LINE_M + 1, bearable_db=300, setting=SETTING) < 0.01
    assert coverage_probability(10_001, bearable_db=300, setting=SETTING) == 0


def test_knife_edge_of_the_recommendation() -> None:
    """6.0 dB where the edge touches the line; figure 9 of P.526: about 14 dB at 1, 20 at 2.4 or so."""
    np.testing.assert_allclose(knife_edge_loss([-0.79, 0, 1]), [0, 6.03, 13.93], atol=0.01)
    assert (np.diff(knife_edge_loss(np.linspace(-1, 5, 60))) >= 0).all()
    assert knife_edge_loss(-0.7799) < 0.02


def test_one_edge_by_hand() -> None:
    """A ridge in the middle of 4 km, 70 m above the line and lifted by the curved Earth."""
    bulge = 500 / (6371 * 4 / 3) * 2 * 2
    wave = 0.299792458 / 0.7
    v = (70 + bulge) * np.sqrt(0.002 * 4 / (wave * 2 * 2))
    edge = float(knife_edge_loss(v))
    expected = edge + (1 - np.exp(-edge / 6)) * (10 + 0.02 * 4)
    found = bullington_loss([4], [0, 0.5, 1], [[0, 90, 0]], ends_m=[[30, 10]], ghz=0.7)
    assert float(found[0]) == pytest.approx(expected)


def test_two_ridges_make_one_edge_where_their_lines_meet() -> None:
    """Lines from both ends over ridges at a quarter and three quarters meet at twice the rise."""
    share = np.linspace(0, 1, 5)
    two = bullington_loss([0.04], share, [[0, 10, 0, 10, 0]], ends_m=[[0, 0]], ghz=10)
    one = bullington_loss([0.04], share, [[0, 0, 20, 0, 0]], ends_m=[[0, 0]], ghz=10)
    np.testing.assert_allclose(two, one, rtol=1e-3)


def test_terrain_is_nothing_in_the_plain_and_grows_with_the_hill() -> None:
    lon, lat = (each.ravel() for each in np.meshgrid(np.linspace(0, 0.04, 41), [0.0, 0.01]))
    way = {"start": [[0.0, 0.005]], "end": [[0.04, 0.005]], "km": [4.45], "start_m": 35.0, "end_m": 1.5}
    losses = []
    for height in (0.0, 30.0, 60.0, 200.0):
        hill = np.where(np.abs(lon - 0.02) < 0.002, height, 0.0)
        relief = relief_of(lon, lat, hill)
        assert not relief_of(lon, lat, hill).coarse or relief.step_km > 0.25
        losses.append(float(terrain_loss(relief, **way, ghz=0.7, points=41)[0]))
    assert losses[0] == 0
    assert losses == sorted(losses)
    assert losses[-1] > 30
    back = {**way, "start": way["end"], "end": way["start"], "start_m": 1.5, "end_m": 35.0}
    again = terrain_loss(relief, **back, ghz=0.7, points=41)
    assert float(again[0]) == pytest.approx(losses[-1])
    assert terrain_loss(relief, **{**way, "km": [0.0]}, ghz=0.7).tolist() == [0]


def test_relief_interpolates_and_refuses_holes() -> None:
    relief = relief_of([0, 0, 1, 1], [0, 1, 0, 1], [0, 10, 20, 30])
    assert relief.coarse
    np.testing.assert_allclose(relief.at([0, 1, 0.5, -9], [0, 1, 0.5, -9]), [0, 30, 15, 0])
    share, height = profiles(relief, start=[[0, 0]], end=[[1, 1]], points=5)
    np.testing.assert_allclose(height[0], share * 30)
    with pytest.raises(DataError, match="do not fill a grid"):
        relief_of([0, 0, 1], [0, 1, 0], [0, 10, 20])


def test_missing_values_and_no_bandwidth_are_named() -> None:
    for question in (
        lambda: coverage_probability(100, bearable_db=np.nan, setting=SETTING),
        lambda: radius_m(bearable_db=np.nan, setting=SETTING),
        lambda: rate_mbps(np.nan, mhz=20),
    ):
        with pytest.raises(DataError, match="missing"):
            question()
    for mhz in (0, -20):
        with pytest.raises(DataError, match="mhz"):
            snr_for(5, mhz=mhz)
    assert radius_m(bearable_db=-np.inf, setting=SETTING) == 0

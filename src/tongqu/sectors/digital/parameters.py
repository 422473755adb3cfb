"""Standards of digital networks: limits of what they can be, and the link budget that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.contracts import Assume, check_limits
from tongqu.methods.radio import DOWN, UP, Budget, Setting, radius_m, shadow_margin
from tongqu.methods.radio.rural_macro import SIGMA_NO_LINE_DB

__all__ = ["LIMITS", "Radio", "budget_table", "check_parameters", "radio_of"]

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "network.rate_down": (0.01, 1e4),
    "network.rate_up": (0.01, 1e4),
    "network.probability": (0.01, 0.999),
    "network.frequency": (0.5, 30.0),
    "network.bandwidth_down": (0.1, 1e4),
    "network.bandwidth_up": (0.1, 1e4),
    "network.building_loss": (0.0, 100.0),
    "network.interference": (0.0, 50.0),
    "network.spread": (0.01, 5.0),
    "base_station.height": (10.0, 150.0),
    "base_station.power_dbm": (-50.0, 100.0),
    "base_station.gain": (0.0, 50.0),
    "base_station.feeder": (0.0, 50.0),
    "base_station.noise": (0.0, 50.0),
    "user.power_dbm": (-50.0, 100.0),
    "user.noise": (0.0, 50.0),
    **dict.fromkeys(
        (
            "base_station.upkeep",
            "base_station.public",
            "base_station.urban_public",
            "fibre.upkeep",
            "fibre.public",
        ),
        (0.0, 1.0),
    ),
    "base_station.cost": (0.01, 1e6),
    "base_station.equipment": (0.0, 1e6),
    "base_station.power": (0.0, 1e3),
    "base_station.electricity": (0.0, 1e7),
    "base_station.land": (0.0, 1e3),
    "base_station.target": (0.0, 1e4),
    "fibre.cost": (0.0, 1e4),
    "fibre.home": (0.0, 1e3),
}
"""Values beyond which a standard means nothing; far wider than what is likely."""


@dataclass(frozen=True, slots=True)
class Radio:
    """What decides whether a station covers a place.

    Parameters
    ----------
    setting : Setting
        Frequency and heights.
    down, up : Budget
        Link budgets to and from the user.
    rate_down, rate_up : float
        Target rates, Mbit/s.
    probability : float
        With which a place must reach both rates.
    spread_km : float
        Homes are at least so far from a station at their own village's point.
    """

    setting: Setting
    down: Budget
    up: Budget
    rate_down: float
    rate_up: float
    probability: float
    spread_km: float

    @property
    def bearable_db(self) -> float:
        """Greatest path loss at which both rates hold, before shadow fading, dB."""
        return float(min(self.down.bearable_db(self.rate_down), self.up.bearable_db(self.rate_up)))

    @property
    def radius_m(self) -> float:
        """Distance up to which a place without terrain in the way is covered, m."""
        return float(
            radius_m(bearable_db=self.bearable_db, setting=self.setting, probability=self.probability)
        )


def check_parameters(assume: Assume) -> None:
    """Nothing if every standard that is given can be.

    Raises
    ------
    ScenarioError
        With every standard that is outside its limits.
    """
    check_limits(assume.numbers, LIMITS)


def radio_of(assume: Assume) -> Radio:
    """Link budgets by the standards in force.

    Raises
    ------
    ScenarioError
        If a standard is missing or outside its limits.

    Examples
    --------
    >>> from tongqu.contracts import Scenario
    >>> from tongqu.data import load_region
    >>> assume = Assume.of(load_region("tests/data/tiny")["standards"], Scenario())
    >>> radio = radio_of(assume)
    >>> round(radio.bearable_db, 1), round(radio.radius_m)
    (130.8, 1388)
    """
    check_parameters(assume)
    shared = {
        "building_db": assume["network.building_loss"],
        "interference_db": assume["network.interference"],
        "feeder_db": assume["base_station.feeder"],
    }
    return Radio(
        setting=Setting(ghz=assume["network.frequency"], base_m=assume["base_station.height"]),
        down=Budget(
            power_dbm=assume["base_station.power_dbm"],
            sending_dbi=assume["base_station.gain"],
            noise_figure_db=assume["user.noise"],
            mhz=assume["network.bandwidth_down"],
            curve=DOWN,
            **shared,
        ),
        up=Budget(
            power_dbm=assume["user.power_dbm"],
            receiving_dbi=assume["base_station.gain"],
            noise_figure_db=assume["base_station.noise"],
            mhz=assume["network.bandwidth_up"],
            curve=UP,
            **shared,
        ),
        rate_down=assume["network.rate_down"],
        rate_up=assume["network.rate_up"],
        probability=assume["network.probability"],
        spread_km=assume["network.spread"],
    )


def budget_table(radio: Radio) -> pd.DataFrame:
    """The link budget, line by line.

    Returns
    -------
    DataFrame
        Indexed by ``line``, columns ``unit_of_measure, down, up``.

    Examples
    --------
    >>> from tongqu.contracts import Scenario
    >>> from tongqu.data import load_region
    >>> assume = Assume.of(load_region("tests/data/tiny")["standards"], Scenario())
    >>> budget_table(radio_of(assume)).loc[["eirp", "noise", "bearable_loss"]].round(1)
                  unit_of_measure   down     up
    line
    eirp                      dBm   62.0   21.0
    noise                     dBm  -89.2 -101.0
    bearable_loss              dB  144.5  130.8
    """
    rates = {"down": radio.rate_down, "up": radio.rate_up}
    columns = {}
    for name, budget in (("down", radio.down), ("up", radio.up)):
        rate = rates[name]
        bearable = float(budget.bearable_db(rate))
        margin = float(shadow_margin(radio.probability, sigma_db=SIGMA_NO_LINE_DB))
        reach = radius_m(bearable_db=bearable, setting=radio.setting, probability=radio.probability)
        columns[name] = {
            ("power", "dBm"): budget.power_dbm,
            ("sending_gain", "dBi"): budget.sending_dbi,
            ("feeder_loss", "dB"): budget.feeder_db,
            ("eirp", "dBm"): budget.eirp_dbm,
            ("receiving_gain", "dBi"): budget.receiving_dbi,
            ("building_loss", "dB"): budget.building_db,
            ("bandwidth", "MHz"): budget.mhz,
            ("noise_figure", "dB"): budget.noise_figure_db,
            ("interference_margin", "dB"): budget.interference_db,
            ("noise", "dBm"): budget.noise_dbm,
            ("rate", "Mbit/s"): rate,
            ("snr", "dB"): float(budget.snr_db(bearable)),
            ("bearable_loss", "dB"): bearable,
            ("shadow_margin", "dB"): margin,
            ("radius", "m"): float(reach),
        }
    table = pd.DataFrame(columns).rename_axis(["line", "unit_of_measure"])
    return table.reset_index("unit_of_measure")

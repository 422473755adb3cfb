"""Accounts that some counties lack are named when a region is loaded."""

from __future__ import annotations

import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.data import Region, make_region


def rebuilt(tiny: Region, accounts: pd.DataFrame) -> Region:
    return make_region(
        dict(tiny.tables) | {"accounts": accounts},
        name="tiny",
        title_zh="小",
        title_en="Tiny",
        base_year=tiny.base_year,
        bbox=tiny.bbox,
    )


def rules_of(tiny: Region, accounts: pd.DataFrame) -> list[str]:
    with pytest.raises(DataError) as caught:
        rebuilt(tiny, accounts)
    assert all("accounts" in problem.file and problem.mend for problem in caught.value.problems)
    return [problem.rule for problem in caught.value.problems]


def test_a_county_without_the_latest_year(tiny: Region) -> None:
    accounts = tiny["accounts"]
    late = (accounts["unit"] == "990102") & (accounts["year"] == accounts["year"].max())
    (rule,) = rules_of(tiny, accounts[~late])
    assert rule.startswith("990102 has no ")
    assert rule.endswith(" in 2023")
    for item in ("own_revenue", "transfers", "expenditure", "debt", "debt_limit"):
        assert item in rule


def test_an_item_that_one_county_lacks(tiny: Region) -> None:
    accounts = tiny["accounts"]
    one = accounts[accounts["unit"] == "990101"].tail(1)
    more = one.assign(item="land_income", amount_wan=100.0)
    found = rules_of(tiny, pd.concat([accounts, more], ignore_index=True))
    assert found == [f"990102 has no land_income in {int(one['year'].iloc[0])}"]


def test_accounts_of_the_city_alone(tiny: Region) -> None:
    accounts = tiny["accounts"]
    assert rules_of(tiny, accounts[accounts["unit"] == "990100"]) == ["no county has accounts"]


def test_the_city_may_be_left_out(tiny: Region) -> None:
    accounts = tiny["accounts"]
    assert len(rebuilt(tiny, accounts[accounts["unit"] != "990100"])["accounts"]) > 0

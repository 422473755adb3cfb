"""Places of a region asked about again and again: the same answers, and nobody can spoil them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from small import TINY
from tongqu.base import DataError
from tongqu.data import load_region


def test_codes_are_those_of_the_level() -> None:
    region = load_region(TINY)
    for level in ("city", "county", "town", "village"):
        assert region.codes(level).equals(region.level(level).index)
        assert region.codes(level) is region.codes(level)


def test_what_is_done_to_a_level_does_not_reach_the_region() -> None:
    region = load_region(TINY)
    before = region.level("village").copy()
    table = region.level("village")
    table["name"] = "other"
    table.loc[table.index[0], "lon"] = 0.0
    pd.testing.assert_frame_equal(region.level("village"), before)


def test_ancestors_of_an_index_are_those_of_its_codes() -> None:
    region = load_region(TINY)
    index = pd.Index(region["units"]["unit"])
    for level in ("county", "town"):
        wanted = region.ancestor(list(index), level=level)
        for _ in range(2):
            found = region.ancestor(index, level=level)
            pd.testing.assert_series_equal(found, wanted)
            found.iloc[:] = "spoilt"


def test_numbers_of_counties() -> None:
    region = load_region(TINY)
    index = pd.Index(region["units"]["unit"])
    county = region.county_of(index)
    number = region.county_numbers(index)
    known = number >= 0
    np.testing.assert_array_equal(known, county.notna().to_numpy())
    assert region.codes("county")[number[known]].tolist() == county[known].tolist()
    with pytest.raises(DataError):
        region.county_numbers(pd.Index(["nowhere"], dtype="str"))


def test_many_indices_do_not_pile_up() -> None:
    region = load_region(TINY)
    codes = region.codes("village")
    for size in range(200):
        some = codes[: 1 + size % len(codes)].astype("object").astype("str")
        assert region.county_numbers(some).size == len(some)
        assert region.county_of(some).index.equals(some)
    assert max(len(region._asked), len(region._numbered)) <= 64

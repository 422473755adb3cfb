"""What holds for every region."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongqu.data import Region, diff_regions, load_region, make_region, save_region

SLOW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Anything a cell may hold; control characters are not for tables, blanks at the ends are trimmed.
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
CELL = st.lists(TEXT, min_size=1, max_size=3).map(" ".join) | st.lists(TEXT, min_size=2, max_size=2).map(
    "\n".join
)
CODE = st.from_regex(r"[A-Za-z_.:-]{1,8}", fullmatch=True)
HEIGHT = st.none() | st.floats(-500, 9000)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """A county with villages of arbitrary names, codes, heights and people."""
    codes = draw(st.lists(CODE, min_size=2, max_size=6, unique=True))
    count = len(codes)

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=count, max_size=count))

    rest = {"modelled": True, "source": "model"}
    position = {"lon": column(st.floats(119, 120)), "lat": column(st.floats(29, 30))}
    units = {
        "unit": codes,
        "name": column(CELL),
        "level": ["county"] + ["village"] * (count - 1),
        "parent": [None] + [codes[0]] * (count - 1),
        "elevation_m": column(HEIGHT),
        **position,
    }
    both = ["male"] * count + ["female"] * count
    heads = column(st.integers(0, 10**9)) + column(st.integers(1, 10**9))
    people = {"unit": codes * 2, "year": 2020, "sex": both, "age": "0", "people": heads}
    nodes = {"node": column(CELL.map(str)), **position}
    nodes["node"] = [f"{i} {name}" for i, name in enumerate(nodes["node"])]
    links = {
        "link": ["l"],
        "from_node": nodes["node"][:1],
        "to_node": nodes["node"][1:2],
        "class": ["county"],
    }
    frames = {
        "units": pd.DataFrame(units | rest),
        "people": pd.DataFrame(people | rest),
        "nodes": pd.DataFrame(nodes | rest),
        "links": pd.DataFrame(links | {"length_km": [draw(st.floats(0, 500))]} | rest),
        "sources": pd.DataFrame(
            {"source": ["model"], "title": [draw(CELL)], "kind": ["modelled"], "licence": ["CC0-1.0"]}
        ),
    }
    return make_region(
        frames, name="any", title_zh="任", title_en="Any", base_year=2020, bbox=(119.0, 29.0, 120.0, 30.0)
    )


def own_frames(region: Region) -> dict[str, pd.DataFrame]:
    return {name: region[name] for name in region.tables if name not in region.provided}


def rebuild(region: Region, frames: dict[str, pd.DataFrame]) -> Region:
    return make_region(
        frames,
        name=region.name,
        title_zh=region.title_zh,
        title_en=region.title_en,
        base_year=region.base_year,
        bbox=region.bbox,
        crs=region.crs,
        layers=region.layers.values(),
    )


@SLOW
@given(regions())
def test_what_is_saved_is_what_is_read(region: Region) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again = load_region(save_region(region, Path(folder) / "region"))
    assert diff_regions(region, again).empty
    assert again.sha256 == region.sha256
    assert again["units"].equals(region["units"])


@SLOW
@given(regions(), regions())
def test_no_difference_means_the_same_hash(first: Region, second: Region) -> None:
    assert diff_regions(first, first).empty
    assert diff_regions(first, second).empty == (first.sha256 == second.sha256)


@SLOW
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(tiny: Region, random: object) -> None:
    seed = random.randint(0, 2**32 - 1)  # type: ignore[attr-defined]
    shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in own_frames(tiny).items()}
    assert rebuild(tiny, shuffled).sha256 == tiny.sha256


@SLOW
@given(st.permutations(range(15)))
def test_new_codes_change_nothing_but_codes(tiny: Region, order: list[int]) -> None:
    old = tiny["units"]["unit"]
    new = {code: f"u{rank:02d}" for code, rank in zip(old, order, strict=True)}
    frames = own_frames(tiny)
    for table in [name for name, frame in frames.items() if "unit" in frame]:
        frames[table]["unit"] = frames[table]["unit"].map(new)
    for column in ("parent", "seat"):
        frames["units"][column] = frames["units"][column].map(new)
    renamed = rebuild(tiny, frames)
    expected = tiny.county_of(old).map(new)
    assert renamed.county_of(old.map(new)).fillna("").to_list() == expected.fillna("").to_list()
    totals = renamed["people"].groupby("unit")["people"].sum()
    assert totals.rename(index={value: key for key, value in new.items()}).to_dict() == (
        tiny["people"].groupby("unit")["people"].sum().to_dict()
    )

"""Rules of value chains: each broken rule is named with its cell; whole chains pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tongqu.base import DataError
from tongqu.data import Region, load_region
from tongqu.data.chain_rules import RESERVED
from tongqu.methods.chain import evaluate, flows, make_chain
from tongqu.methods.chain.stages import ACTORS

TINY = Path(__file__).parent / "tiny"

TABLES = {
    "chain_products": ["product,name_zh,name_en,source", "tea,茶叶,Tea,t:model", "nut,坚果,Nuts,t:model"],
    "chain_stages": [
        "product,stage,name_zh,name_en,kind,actor,loss,loss_low,loss_high,yield,price,bought,jobs,wage,land,"
        "modelled,source",
        "tea,leaf,鲜叶,Leaf,growing,farmer,0.02,0.01,0.03,1,1000,0.2,10,30000,0,true,t:model",
        "tea,made,制茶,Made tea,processing,processor,0.01,,,0.25,9000,0.1,5,50000,1,true,t:model",
        "tea,shop,门店,Shop,brand,trader,0,,,1,20000,0.1,5,50000,1,true,t:model",
    ],
    "chain_links": [
        "product,upstream,stage,share,modelled,source",
        "tea,leaf,made,0.8,true,t:model",
        "tea,leaf,shop,0.1,true,t:model",
        "tea,made,shop,0.5,true,t:model",
    ],
    "chain_supply": [
        "unit,product,year,area_mu,output_t,modelled,source",
        "990101,tea,2020,100,20,true,t:model",
    ],
}


def load(folder: Path, changes: dict[str, dict[int, str]]) -> Region:
    """The small region with chains; lines are changed by table and number, the heading being 1."""
    target = folder / "region"
    shutil.copytree(TINY, target)
    for name, lines in TABLES.items():
        text = list(lines)
        for row, line in sorted(changes.get(name, {}).items(), reverse=True):
            text[row - 1 : row] = [line] if line else []
        (target / f"{name}.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    return load_region(target)


def test_a_whole_chain_is_read(tmp_path: Path) -> None:
    region = load(tmp_path, {})
    assert region["chain_links"]["share"].tolist() == [0.8, 0.1, 0.5]
    assert region["chain_stages"]["loss_high"].isna().sum() == 2


PREFIX = "tea,made,制茶,Made tea"
CASES = {
    "no input": (
        {"chain_links": {2: "tea,leaf,shop,0.8,true,t:model", 3: "", 4: ""}},
        [("chain_stages.csv", 3, "stage", "made", "a stage with output but no input")],
    ),
    "circle": (
        {"chain_links": {3: "tea,shop,made,0.1,true,t:model"}},
        [("chain_links.csv", 3, "stage", "made", "stages that feed one another in a circle")],
    ),
    "negative price": (
        {"chain_stages": {3: f"{PREFIX},processing,processor,0.01,,,0.25,-9,0.1,5,50000,1,true,t:model"}},
        [("chain_stages.csv", 3, "price", "-9", "below the minimum 0")],
    ),
    "shares": (
        {"chain_links": {3: "tea,leaf,shop,0.3,true,t:model"}},
        [("chain_links.csv", 2, "share", "0.8", "shares that add up to more than 1")],
    ),
    "a share above 1": (
        {"chain_links": {4: "tea,made,shop,1.5,true,t:model"}},
        [("chain_links.csv", 4, "share", "1.5", "above the maximum 1")],
    ),
    "unknown product": (
        {"chain_supply": {2: "990101,tee,2020,100,20,true,t:model"}},
        [("chain_supply.csv", 2, "product", "tee", "not in chain_products")],
    ),
    "no stages": (
        {"chain_supply": {2: "990101,nut,2020,100,20,true,t:model"}},
        [("chain_supply.csv", 2, "product", "nut", "supply of a product that has no stages")],
    ),
    "unknown stage": (
        {"chain_links": {4: "tea,maid,shop,0.5,true,t:model"}},
        [("chain_links.csv", 4, "upstream", "maid", "not a stage of the product")],
    ),
    "range": (
        {"chain_stages": {2: "tea,leaf,鲜叶,Leaf,growing,farmer,0.05,0.01,0.03,1,9,0.2,9,9,0,true,t:model"}},
        [("chain_stages.csv", 2, "loss", "0.05", "a value outside its own range")],
    ),
    "supply of the city": (
        {"chain_supply": {2: "990100,tea,2020,100,20,true,t:model"}},
        [("chain_supply.csv", 2, "unit", "990100", "supply of a place that is not a county")],
    ),
    "two growing": (
        {"chain_stages": {3: f"{PREFIX},growing,farmer,0.01,,,0.25,9,0.1,5,50000,1,true,t:model"}},
        [
            ("chain_stages.csv", 3, "kind", "growing", "a second growing stage"),
            ("chain_stages.csv", 3, "stage", "made", "a growing stage that receives goods"),
        ],
    ),
    "none growing": (
        {"chain_stages": {2: "tea,leaf,鲜叶,Leaf,grading,farmer,0,,,1,9,0.2,9,9,0,true,t:model"}},
        [
            ("chain_stages.csv", 2, "product", "tea", "no stage grows the product"),
            ("chain_stages.csv", 2, "stage", "leaf", "a stage with output but no input"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_broken_rule_is_named(case: str, tmp_path: Path) -> None:
    changes, expected = CASES[case]
    with pytest.raises(DataError) as raised:
        load(tmp_path, changes)
    found = [(one.file, one.row, one.column, one.value, one.rule) for one in raised.value.problems]
    assert sorted(found) == sorted(expected)
    assert all(one.mend for one in raised.value.problems)


def test_a_misspelt_stage_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean 'made'"):
        load(tmp_path, {"chain_links": {4: "tea,maide,shop,0.5,true,t:model"}})


@pytest.mark.parametrize("name", ["sale", "loss", "bought", *ACTORS])
def test_names_of_flows_are_no_stages(name: str, tmp_path: Path) -> None:
    shop = f"tea,{name},门店,Shop,brand,trader,0,,,1,20000,0.1,5,50000,1,true,t:model"
    links = {3: f"tea,leaf,{name},0.1,true,t:model", 4: f"tea,made,{name},0.5,true,t:model"}
    with pytest.raises(DataError) as raised:
        load(tmp_path, {"chain_stages": {4: shop}, "chain_links": links})
    found = [(one.file, one.row, one.column, one.value) for one in raised.value.problems]
    assert found == [("chain_stages.csv", 4, "stage", name)]
    assert "a name that flows use" in raised.value.problems[0].rule


def test_every_name_of_flows_besides_stages_is_reserved() -> None:
    """Every actor runs a stage, so that flows name all that they can."""
    chain = make_chain(
        ["stage 0", "stage 1", "stage 2", "stage 3"],
        [("stage 0", "stage 1"), ("stage 1", "stage 2"), ("stage 2", "stage 3")],
        kinds=["growing", "grading", "processing", "brand"],
        actors=list(ACTORS),
        share=[0.5, 0.5, 0.5],
        loss=0.1,
        yield_=0.9,
        price=[1000, 2000, 4000, 9000],
        bought=0.1,
    )
    table = flows(chain, evaluate(chain, 1000))
    others = set(table["origin"]) | set(table["target"])
    assert set(ACTORS) < others - set(chain.stages) <= set(RESERVED)


def test_no_links_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        load(tmp_path, {"chain_links": {2: "", 3: "", 4: ""}})
    assert {one.value for one in raised.value.problems} == {"made", "shop"}

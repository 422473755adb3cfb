"""The study of schools: catchments that add up, mergers that agree with them, faults of catchments given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from small import loaded
from tongqu.base import DataError
from tongqu.contracts import Scenario
from tongqu.workflow.files import heading
from tongqu.workflow.schools import schools
from tongqu.workflow.schools.given import FAULTS, given_catchments
from tongqu.workflow.schools.ground import base_of
from tongqu.workflow.schools.study import TABLES

GIVEN = pd.DataFrame(
    {
        "unit": [
            "990101001001", "990101001001", "990101001002", "990102001001", "x",
            "990102001002", "990102002002", "990102001001", "990101001001",
        ],
        "stage": ["primary", "primary", "primary", "小学", "primary", "senior", "junior", "junior", "junior"],
        "school": ["p01", "p03", "p03", "p02", "p01", "p01", "zz", "j02", "p01"],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def base():
    return base_of(loaded(), Scenario())


@pytest.fixture(scope="module")
def found():
    return schools(loaded())


@pytest.fixture(scope="module")
def checked():
    return schools(loaded(), catchments=GIVEN, close=["p02"])


def test_tables_and_headings(found):
    assert tuple(found.tables) == TABLES
    for language in ("zh", "en"):
        assert found.book(language)
        for name, table in found.tables.items():
            assert heading(f"table.{name}", language, kind="schools") != f"table.{name}"
            for column in table.columns:
                assert heading(column, language, kind="schools") != column or language == "en", column
    for fault in FAULTS:
        assert heading(f"fault.{fault}", "zh", kind="schools") != f"fault.{fault}"


def test_everybody_is_placed_once_or_named(found, base):
    taken, lacking = found.tables["catchments"], found.tables["unserved"]
    pupils = pd.DataFrame(base.by_stage, index=base.villages.index, columns=[one.key for one in base.words])
    both = pd.concat([taken[["unit", "stage", "pupils"]], lacking[["unit", "stage", "pupils"]]])
    summed = both.groupby(["unit", "stage"])["pupils"].sum().unstack().reindex(pupils.index)
    assert summed[pupils.columns].to_numpy() == pytest.approx(pupils.to_numpy())
    assert (lacking["reason"] == "no_school").all()
    assert (lacking["minutes"].isna() | (lacking["minutes"] > lacking["limit"])).all()
    said = found.figures
    for stage in said["stages"]:
        assert said["placed"][stage] + said["without"][stage] == pytest.approx(said["pupils"][stage])


def test_schools_hold_what_catchments_send(found, base):
    taken, listed, ages = (found.tables[name] for name in ("catchments", "schools", "ages"))
    sent = taken.groupby("school")["pupils"].sum().reindex(listed["school"], fill_value=0.0)
    assert listed["pupils"].to_numpy() == pytest.approx(sent.to_numpy())
    assert ages.groupby("school")["pupils"].sum()[listed["school"]].to_numpy() == pytest.approx(
        sent.to_numpy()
    )
    assert (ages["pupils"] <= ages["places"] * (1 + 1e-6)).all()
    assert ages.groupby("school")["classes"].sum()[listed["school"]].tolist() == listed["classes"].tolist()
    limit = {stage.name: stage.limit for stage in base.stages}
    assert (taken["minutes"] <= taken["stage"].map(limit)).all()
    whole = found.tables["counties"]
    for column in ("pupils", "placed", "without", "schools", "places", "classes"):
        by_level = whole.groupby(["level", "stage"])[column].sum()
        assert by_level["whole"].to_numpy() == pytest.approx(by_level["county"].to_numpy())


def test_ways_lead_over_the_next_village(base):
    # Along the only road the next village is the nearest one among those nearer to the school.
    times = base.times
    assert (base.onward < len(base.villages)).all()
    lookup = {(o, s): m for o, s, m in zip(times.origin, times.site, times.minutes, strict=True)}
    passed = 0
    for _, site, minutes, ahead in zip(times.origin, times.site, times.minutes, base.onward, strict=True):
        if ahead >= 0:
            passed += 1
            assert lookup[ahead, site] <= minutes
    assert passed


def test_mergers_agree_with_their_payers(found):
    table, payers = found.tables["mergers"], found.tables["payers"]
    best = table[table["best"]]
    assert best["closing"].is_unique
    sums = payers.groupby(["closing", "receiver"])[["pupils", "added"]].sum()
    for row in best.to_dict("records"):
        assert sums.loc[(row["closing"], row["receiver"]), "added"] == pytest.approx(row["added"])
        assert sums.loc[(row["closing"], row["receiver"]), "pupils"] == pytest.approx(row["pupils"])
        if row["verdict"] == "lawful":
            assert row["beyond"] == 0
            assert row["short"] == 0


def test_faults_of_catchments_given_are_named_with_their_place(checked):
    faults = checked.tables["faults"]
    by = faults.groupby("fault")
    assert {"overlap", "closed", "unknown_stage", "unknown_unit", "unknown_school"} <= set(by.groups)
    assert {"wrong_school", "beyond", "missing", "no_school"} <= set(by.groups)
    assert set(faults["fault"]) <= set(FAULTS)
    twice = by.get_group("overlap")
    assert set(twice["school"]) == {"p01", "p03"}
    assert twice["row"].tolist() == [2, 3]
    assert by.get_group("closed")["row"].tolist() == [5]
    assert by.get_group("unknown_stage")["stage"].tolist() == ["senior"]
    assert by.get_group("wrong_school")["school"].tolist() == ["p01"]
    placed = faults[faults["unit"] != "x"]
    assert placed[["lon", "lat"]].notna().all().all()
    assert checked.figures["given"]
    assert checked.figures["closed"] == 1


def test_a_closed_school_takes_nobody(checked, found):
    assert "p02" in set(found.tables["catchments"]["school"])
    assert "p02" not in set(checked.tables["catchments"]["school"])
    assert "p02" not in set(checked.tables["mergers"]["receiver"])


def test_few_places_are_named(base):
    sites = loaded()["sites"]
    few = sites.assign(capacity=sites["capacity"].where(sites["kind"] != "primary_school", 30.0))
    region = replace(loaded(), tables={**loaded().tables, "sites": few})
    made = schools(region)
    faults = made.tables["faults"]
    short = faults[faults["fault"] == "few_places"]
    assert set(short["stage"]) == {"primary"}
    assert (short["pupils"] > short["amount"]).all()
    assert short["lon"].notna().all()
    assert made.tables["unserved"]["reason"].isin(["too_large", "no_room", "no_school"]).all()
    ages = made.tables["ages"]
    assert (ages["pupils"] <= ages["places"] * (1 + 1e-6)).all()


def test_over_and_good_catchments(found):
    taken = found.tables["catchments"][["unit", "stage", "school"]]
    good = schools(loaded(), catchments=taken).tables["faults"]
    assert set(good["fault"]) == {"no_school", "missing"}
    alone = taken.assign(school=np.where(taken["stage"] == "primary", "p02", taken["school"]))
    over = schools(loaded(), catchments=alone).tables["faults"]
    assert "p02" in set(over.loc[over["fault"] == "over", "school"])


def test_files_of_catchments(tmp_path):
    file = tmp_path / "学区.csv"
    file.write_text("村居代码,学段,学校代码\n990101001001,小学,p01\n", encoding="gb18030")
    assert given_catchments(file).to_dict("records") == [
        {"unit": "990101001001", "stage": "primary", "school": "p01", "row": 2}
    ]
    book = tmp_path / "x.xlsx"
    GIVEN.to_excel(book, index=False)
    assert len(given_catchments(book)) == len(GIVEN)
    words = pd.DataFrame({"unit": ["1"] * 2, "stage": [" Primary", "nursary"], "school": ["a"] * 2})
    assert given_catchments(words)["stage"].tolist() == ["primary", "nursary"]
    with pytest.raises(DataError, match="two columns of the same meaning"):
        given_catchments(words.assign(village="1"))
    with pytest.raises(DataError, match="the columns stage, school are missing"):
        given_catchments(pd.DataFrame({"unit": ["1"]}))
    with pytest.raises(DataError, match="no such file"):
        given_catchments(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gap": -1.0}, "a number out of range"),
        ({"seconds": 0.0}, "a number out of range"),
        ({"seed": -1}, "a number out of range"),
        ({"close": ["c01"]}, "no school of the region"),
    ],
)
def test_bad_numbers_and_sites(change, said):
    with pytest.raises(DataError, match=said):
        schools(loaded(), **change)


def test_without_schools_or_places():
    sites = loaded()["sites"]
    none = sites[~sites["kind"].isin(["primary_school", "junior_school"])]
    blank = sites.assign(capacity=sites["capacity"].where(sites["site"] != "p02"))
    for table, said in ((none, "nothing is known of the schools"), (blank, "no places given for 1 of 5")):
        region = replace(loaded(), tables={**loaded().tables, "sites": table})
        with pytest.raises(DataError, match=said):
            schools(region)

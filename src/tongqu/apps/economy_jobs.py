"""The work of ``tongqu economy``, ``tongqu accounts`` and ``tongqu import-io``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    Places,
    Target,
    frame,
    free_files,
    require_places,
    write_study,
    written_lines,
    wrong_places,
)
from tongqu.base import DataError, Problem, Report
from tongqu.data.readers.io_table import MoneyUnit, read_io_table, wrong_label
from tongqu.views.accounts_html import accounts_html
from tongqu.views.economy_html import economy_html
from tongqu.workflow.accounts import Accounts
from tongqu.workflow.accounts.study import wrong_numbers
from tongqu.workflow.economy import Economy
from tongqu.workflow.economy.names import spoken
from tongqu.workflow.economy.study import wrong_sites

__all__ = ["accounts", "economy", "import_io"]

TABLE: Final = (".csv",)
CHAINS: Final = (
    "product",
    "harvest_t",
    "added_wan",
    "length",
    "processing_ratio",
    "per_mu_yuan",
    "per_worker_yuan",
)
PENSION: Final = ("year", "pensioners", "pension_yuan_month", "pension_of_line", "public_cost_wan")
BUDGET: Final = ("year", "own_revenue", "transfers", "expenditure", "shortfall", "debt", "self_sufficiency")


def economy(face: Face, region: str, scenario: Path | None, *, places: Places, sites: int) -> None:
    """Say who makes what and where value is added; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        require_places(face, places, kind="economy", numbers=wrong_sites(sites))
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.economy(loaded, scenario, sites=sites, progress=progress)
        page = partial(economy_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "chain_summary": found.chain_summary.to_dict("records"),
        "sites": found.sites.to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_economy_tables(face, found), *written_lines(face, written)])


def accounts(
    face: Face, region: str, scenario: Path | None, *, places: Places, asked: Mapping[str, Any]
) -> None:
    """Carry budgets, pensions and incomes on; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        require_places(face, places, kind="accounts", numbers=wrong_numbers(loaded, **asked))
        found = tongqu.accounts(loaded, scenario, **asked, progress=progress)
        page = partial(accounts_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "debt": found.debt[found.debt["unit"] == found.whole].to_dict("records"),
        "published": found.published.to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_account_tables(face, found), *written_lines(face, written)])


def _economy_tables(face: Face, found: Economy) -> list[Table | str]:
    """Sections of the whole, the chains, and where plants would stand."""

    def shown(table: pd.DataFrame, title: str) -> Table:
        words = spoken({"one": table}, found.region, face.language)["one"]
        words = words.drop(columns=[name for name in ("product", "unit") if f"{name}_name" in words])
        return frame(words, found.region, kind="economy", language=face.language, title=title)

    name = face.name(found.region.title_zh, found.region.title_en)
    mine = found.structure[found.structure["unit"] == found.whole]
    columns = ["section", "value_added_wan", "share", "jobs", "per_worker_yuan"]
    parts: list[Table | str] = [shown(mine[columns], f"{name} {found.year}")]
    chains = found.chain_summary[found.chain_summary["unit"] == found.whole]
    if len(chains):
        parts.append(shown(chains[list(CHAINS)], face.word("chains")))
    if len(found.sites):
        columns = ["product", "rank", "unit", "supply_t", "minutes", "reached"]
        parts.append(shown(found.sites[columns], face.word("sites_title")))
    share = found.summary()["modelled_value_added"]
    said = "–" if math.isnan(share) else f"{share:.0%}"
    return [*parts, face.word("economy_modelled", share=said)]


def _account_tables(face: Face, found: Accounts) -> list[Table | str]:
    """Budgets, pensions and incomes of the whole every fifth year."""
    name = face.name(found.region.title_zh, found.region.title_en)
    first = found.years["base"] + 1

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        mine = table[(table["unit"] == found.whole)]
        some = mine[(mine["year"] % 5 == 0) | mine["year"].isin([first, found.years["until"]])]
        return frame(some[list(columns)], found.region, kind="accounts", language=face.language, title=title)

    budgets = found.budgets[~found.budgets["opening"].astype(bool)]
    parts: list[Table | str] = [
        shown(budgets, BUDGET, f"{name} {face.word('budgets')}"),
        shown(found.pension, PENSION, face.word("pensions")),
    ]
    if found.incomes["ratio"].notna().any():
        columns = ("year", "urban_yuan", "rural_yuan", "ratio", "target")
        parts.append(shown(found.incomes, columns, face.word("incomes")))
    return [*parts, face.word("accounts_modelled", share=f"{found.modelled:.0%}", futures=found.futures)]


def import_io(
    face: Face, file: Path, *, region: str, out: Path, asked: Mapping[str, Any], force: bool
) -> None:
    """Read a published input-output table into rows of ``input_output``."""
    files: list[Target] = [("--out", out, TABLE)]
    problems = wrong_places(files)
    if not file.is_file():
        mend = "check the path"
        problems.append(Problem("no such file", mend=mend, file=str(file)))
    problems += wrong_label(area=asked["area"], year=asked["year"])
    if problems:
        raise DataError(problems)
    free_files(face, files, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        if "industries" not in loaded.tables:
            mend = "name a region with a table of industries"
            raise DataError(
                [Problem("the region has no industries", mend=mend, file="--region", value=region)]
            )
        unit = cast(MoneyUnit, asked["unit"])
        found = read_io_table(
            file,
            area=asked["area"],
            year=asked["year"],
            unit=unit,
            industries=loaded["industries"],
            source=asked["source"],
            prefix=asked["prefix"],
            sheet=asked["sheet"],
        )
    rows = found.rows.sort_values(["row", "column"], kind="stable")
    write_whole({out: rows.to_csv(index=False, lineterminator="\n").encode("utf-8")})
    content = {"rows": len(rows), "passed_over": list(found.passed_over), "written": [str(out)]}
    counted = face.word("io_rows", rows=f"{len(rows):,}", names=", ".join(found.passed_over) or "–")
    face.result(content, [counted, *written_lines(face, [out])])

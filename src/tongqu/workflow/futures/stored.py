"""What a stored study of futures says about single projects."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Run, Scenario

__all__ = ["WISHES", "chosen_in", "wishes_of"]

MANIFEST: Final = "manifest.json"
CHOICES: Final = "choices.csv"
WISHES: Final = "wishes_sha256"
"""Entry of the manifest that says what the plans of the futures were asked for."""
BESIDE: Final = frozenset({"name", "title_zh", "title_en", "solver", "feedback", "robust"})
"""Parts of a scenario that say how a plan is called or sought, and nothing of what is wanted."""


def wishes_of(scenario: Scenario) -> str:
    """Hash of what a scenario asks of a plan.

    Examples
    --------
    >>> wishes_of(Scenario(name="a")) == wishes_of(Scenario(name="b"))
    True
    >>> wishes_of(Scenario()) == wishes_of(Scenario(objective="coverage"))
    False
    """
    wanted = scenario.model_dump(mode="json", exclude=set(BESIDE))
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


def chosen_in(folder: str | Path, run: Run) -> pd.Series:
    """In what share of the futures that were planned again each project is chosen.

    Parameters
    ----------
    folder : str or Path
        What `FieldStudy.save` or ``tongqu futures --out`` wrote.
    run : Run
        Of the same region and wishes; what it has on offer and no future chose is chosen in none.

    Returns
    -------
    Series of float
        Shares, indexed by project.

    Raises
    ------
    DataError
        If no futures are stored there, no future was planned again, or they are of another region or of a
        scenario that asks for something else.
    """
    place = Path(folder)
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        table = pd.read_csv(place / CHOICES, usecols=["project", "share"], dtype={"project": "str"})
    except (OSError, ValueError):
        manifest, table = (
            None,
            pd.DataFrame({"project": pd.Series(dtype="str"), "share": pd.Series(dtype=float)}),
        )
    if not isinstance(manifest, dict) or manifest.get("kind") != "futures":
        mend = "name the folder that 'tongqu futures --out' wrote"
        raise DataError([Problem(rule="no futures are stored there", mend=mend, file=str(folder))])
    if manifest.get("region_sha256") != run.region.sha256:
        mend = "name futures of the region of the run"
        raise DataError([Problem(rule="the futures are of another region", mend=mend, file=str(folder))])
    if manifest.get(WISHES) != wishes_of(run.scenario):
        mend = "name futures of the run, or make them with 'tongqu futures RUN --out'"
        raise DataError([Problem(rule="the futures are of another scenario", mend=mend, file=str(folder))])
    share = table.set_index("project")["share"].astype("float64")
    if share.isna().all():
        mend = "make them again with --replan 1 or more"
        raise DataError([Problem(rule="no future was planned again", mend=mend, file=str(folder))])
    offered = pd.Index(run["offer/projects"]["project"])
    return share.reindex(offered.union(share.index), fill_value=0.0)

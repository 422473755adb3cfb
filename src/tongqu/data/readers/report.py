"""What a reader found in a road network: counts, kilometres, and the rows for a problem map."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tongqu.data.readers.tables import finding_words, road_speeds
from tongqu.data.spec import Language

__all__ = ["PROBLEM_COLUMNS", "Finding", "NetworkReport", "counted", "findings_frame", "problem_rows"]

PROBLEM_COLUMNS = ("rule", "link", "node", "lon", "lat", "value", "mend")
BARRIER: Mapping[Language, str] = {"zh": "绕过路障的步行连接", "en": "Way past a barrier on foot"}
COMMON_VALUES = 8
"""Values that a summary lists for one finding; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report.

    Parameters
    ----------
    finding : str
        Its name in the table of findings.
    count : int
        How many.
    km : float
        Their length; 0 where they have none.
    detail : str
        Which, in short.
    """

    finding: str
    count: int
    km: float = 0.0
    detail: str = ""


def counted(values: Iterable[str]) -> str:
    """The most frequent values with their numbers, and how many others there are.

    Examples
    --------
    >>> counted(["walk", "none", "walk"])
    'walk 2, none 1'
    """
    tally = pd.Series(list(values), dtype="str").value_counts()
    shown = [f"{value} {number}" for value, number in tally.head(COMMON_VALUES).items()]
    return ", ".join([*shown, f"+{len(tally) - COMMON_VALUES}"] if len(tally) > COMMON_VALUES else shown)


def together(texts: pd.Series[str]) -> str:
    """The texts that say something, in one."""
    return "; ".join(text for text in texts if text)


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, those of one name added up, those that count nothing left out."""
    rows = [(one.finding, one.count, one.km, one.detail) for one in findings if one.count]
    frame = pd.DataFrame(rows, columns=["finding", "count", "km", "detail"])
    frame = frame.astype({"finding": "str", "count": "int64", "km": "float64", "detail": "str"})
    groups = frame.groupby("finding", sort=False)
    joined = groups[["count", "km"]].sum().assign(detail=groups["detail"].agg(together)).reset_index()
    kind = joined["finding"].map(finding_words()["kind"])
    return joined.assign(kind=kind.astype("str"))[["finding", "kind", "count", "km", "detail"]]


def problem_rows(
    rule: str,
    *,
    link: object = "",
    node: object = "",
    lon: object = np.nan,
    lat: object = np.nan,
    value: object = "",
) -> pd.DataFrame:
    """Rows of the table of problems; arguments are arrays of one length or single values."""
    mend = str(finding_words()["mend_en"].get(rule, ""))
    given = {"rule": rule, "link": link, "node": node, "lon": lon, "lat": lat, "value": value, "mend": mend}
    size = max((len(part) for part in given.values() if isinstance(part, np.ndarray)), default=1)
    frame = pd.DataFrame(given, index=range(size))
    return frame.astype(dict.fromkeys(("rule", "link", "node", "value", "mend"), "str"))


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReport:
    """What is in a road network, what was left out, and what looks wrong.

    Parameters
    ----------
    nodes, links : int
        How many.
    km : float
        Length of all links.
    classes : DataFrame
        Columns ``class, kind, links, km, car_km, oneway_km``, one row for each kind of road.
    findings : DataFrame
        Columns ``finding, kind`` (read, left_out or problem), ``count, km, detail``.
    components : DataFrame
        Columns ``access`` (car, walk), ``sense`` (weak, strong), ``components, nodes, largest_nodes, km,
        km_outside, share_outside``; strong components heed one-way roads.
    problems : DataFrame
        Columns ``rule, link, node, lon, lat, value, mend``, one row for each place, for a map.
    """

    nodes: int
    links: int
    km: float
    classes: pd.DataFrame
    findings: pd.DataFrame
    components: pd.DataFrame
    problems: pd.DataFrame

    def count(self, finding: str) -> int:
        """How often something was found; 0 if it was not."""
        rows = self.findings.loc[self.findings["finding"] == finding, "count"]
        return int(rows.sum())

    def km_of(self, finding: str) -> float:
        """Length in km of what was found; 0 if nothing was."""
        rows = self.findings.loc[self.findings["finding"] == finding, "km"]
        return float(rows.sum())

    def table(self, language: Language) -> pd.DataFrame:
        """The problems in words.

        Parameters
        ----------
        language : {"zh", "en"}

        Returns
        -------
        DataFrame
            As `problems`, with ``rule`` and ``mend`` as sentences.
        """
        words = finding_words()
        return self.problems.assign(
            rule=self.problems["rule"].map(words[language]).astype("str"),
            mend=self.problems["rule"].map(words[f"mend_{language}"]).astype("str"),
        )

    def summary(self, language: Language = "en") -> str:
        """The report as lines of text.

        Parameters
        ----------
        language : {"zh", "en"}
        """
        zh = language == "zh"
        unit = "千米" if zh else "km"
        size = (
            f"{self.nodes} 个节点，{self.links} 个路段" if zh else f"{self.nodes} nodes, {self.links} links"
        )
        lines = [f"{size}{'，' if zh else ', '}{self.km:.1f} {unit}"]
        names = road_speeds()[f"name_{language}"].to_dict() | {"barrier": BARRIER[language]}
        for row in self.classes.to_dict("records"):
            name = names.get(row["kind"], row["kind"])
            lines.append(f"  {name}: {row['links']}, {row['km']:.1f} {unit}")
        lines += [component_line(row, zh=zh) for row in self.components.to_dict("records")]
        words = finding_words()[language]
        heads = {
            "left_out": ("left out:", "未纳入："),
            "read": ("noted:", "说明："),
            "problem": ("to look at:", "需核对："),
        }
        for kind, head in heads.items():
            rows = self.findings[self.findings["kind"] == kind]
            lines += [head[zh]] if len(rows) else []
            for row in rows.to_dict("records"):
                km = f", {row['km']:.1f} {unit}" if row["km"] else ""
                detail = f" ({row['detail']})" if row["detail"] else ""
                lines.append(f"  {words[row['finding']]}: {row['count']}{km}{detail}")
        return "\n".join(lines)


def component_line(row: Mapping[Hashable, Any], *, zh: bool) -> str:
    """One row of the components as text."""
    access = {"car": ("cars", "汽车"), "walk": ("walkers", "步行")}[str(row["access"])][zh]
    sense = {"weak": ("weak", "弱连通"), "strong": ("strong", "强连通")}[str(row["sense"])][zh]
    if zh:
        return f"{access}{sense}片：{row['components']}，最大片以外占长度 {row['share_outside']:.2%}"
    outside = f"{row['share_outside']:.2%} of the length outside the largest"
    return f"{sense} components for {access}: {row['components']}, {outside}"

"""Names of industries, products and stages, which the region's own tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from tongqu.data import Language, Region
from tongqu.workflow.files import heading

__all__ = ["Names", "names_of", "spoken"]

INDUSTRIES: Final = ("industry", "row", "column")
STAGES: Final = ("stage", "from", "to", "investment")
ARROW: Final = " → "


@dataclass(frozen=True)
class Names:
    """Names in one language.

    Parameters
    ----------
    language : {"zh", "en"}
    industries, products : mapping of str to str
    stages : mapping of (str, str) to str
        By product and stage.
    """

    language: Language
    industries: Mapping[str, str]
    products: Mapping[str, str]
    stages: Mapping[tuple[str, str], str]

    def stage(self, product: str, stage: str) -> str:
        """Name of a stage, of a link ``start>end`` or of another end of a flow."""
        parts = [
            self.stages.get((product, one)) or heading(f"end.{one}", self.language, kind="economy")
            for one in stage.split(">")
        ]
        return ARROW.join(part.removeprefix("end.") for part in parts)


def names_of(region: Region, language: Language) -> Names:
    """The names that a region's tables give."""
    column = f"name_{language}"

    def by(table: str, key: str) -> dict[str, str]:
        if table not in region.tables:
            return {}
        rows = region[table].drop_duplicates(key)
        return {str(code): str(name) for code, name in zip(rows[key], rows[column], strict=True)}

    stages: dict[tuple[str, str], str] = {}
    if "chain_stages" in region.tables:
        rows = region["chain_stages"]
        keys = zip(rows["product"], rows["stage"], strict=True)
        stages = {
            (str(product), str(stage)): str(name)
            for (product, stage), name in zip(keys, rows[column], strict=True)
        }
    return Names(language, by("industries", "industry"), by("chain_products", "product"), stages)


def spoken(tables: Mapping[str, pd.DataFrame], region: Region, language: Language) -> dict[str, pd.DataFrame]:
    """The tables with a column of names after each of codes of industries, products and stages."""
    names = names_of(region, language)
    return {name: _spoken(table, names) for name, table in tables.items()}


def _spoken(table: pd.DataFrame, names: Names) -> pd.DataFrame:
    shown: dict[str, Any] = {}
    for column in table.columns:
        values = table[column]
        shown[column] = values
        if column in INDUSTRIES and names.industries:
            shown[f"{column}_name"] = values.map(lambda code: names.industries.get(str(code), ""))
        elif column == "product":
            shown["product_name"] = values.map(lambda code: names.products.get(str(code), str(code)))
        elif column in STAGES and "product" in table:
            pairs = zip(table["product"], values, strict=True)
            shown[f"{column}_name"] = [names.stage(str(product), str(stage)) for product, stage in pairs]
    return pd.DataFrame(shown, index=table.index)

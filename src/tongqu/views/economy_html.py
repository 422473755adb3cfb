"""The economy as a page: who makes what, who earns what along the chains, what pulls what, and sites."""

from __future__ import annotations

from tongqu.views.economy_chains import chains, depth, sites
from tongqu.views.economy_tables import EconomyTables, Names, names_of, number, yes
from tongqu.views.economy_trade import linkages, multipliers, structure
from tongqu.views.study_page import Card, Format, Page, Part, Section, grid_of, render
from tongqu.views.words import Language, Words

__all__ = ["economy_html"]


def economy_html(found: EconomyTables, *, language: Language = "zh") -> str:
    """The page of an economy.

    Parameters
    ----------
    found : Economy
        What `tongqu.economy` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.

    Examples
    --------
    >>> import tongqu
    >>> page = economy_html(tongqu.economy("quzhou"), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    names = names_of(found, words)
    sections = [
        structure(found, words, names),
        chains(found, words, names),
        depth(found, words, names),
        sites(found, words, names),
        multipliers(found, words, names),
        linkages(found, words, names),
        checks(found, words, names),
    ]
    region = names.places[found.whole]
    page = Page(
        title=f"{region} {words('economy.title')}",
        brand=words("economy.brand"),
        heading=words("economy.heading", region=region, year=found.year),
        band=words("economy.modelled", share=words.share(float(found.summary()["modelled_value_added"]))),
        footer=words("economy.footer"),
        under=[f"{words('scenario')} {found.scenario}", *_borrowed(found, words)],
        cards=_cards(found, words, names),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _borrowed(found: EconomyTables, words: Words) -> list[str]:
    if not found.reference:
        return []
    area, _, year = found.reference.rpartition(" ")
    return [words("economy.borrowed", area=words.label("area", area), year=year)]


def _cards(found: EconomyTables, words: Words, names: Names) -> list[Card]:
    said = found.summary()
    cards = [
        Card(words.money(said["value_added_wan"]), words("economy.card_value", year=found.year)),
        Card(words.share(said["farm_share"]), words("economy.card_farm")),
        Card(words.count(said["jobs"]), words("economy.card_jobs"), words("economy.card_jobs_note")),
    ]
    for product, figures in said["chains"].items():
        ratio = words.number(figures["processing_ratio"], 2)
        name = words("economy.card_ratio", product=names.products[product])
        target = words("economy.target", value=words.plain(said["processing_target"]))
        length = words("economy.card_length", value=words.number(figures["length"], 1))
        cards.append(Card(ratio, name, f"{target}{length}"))
    return cards


def checks(found: EconomyTables, words: Words, names: Names) -> Section:
    table = found.tables["balance"]
    grids = []
    if len(table):
        shown = table.assign(
            area=[words.label("area", str(one)) for one in table["area"]],
            row=[names.industries.get(str(one), str(one)) for one in table["row"]],
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "area": (words("economy.area"), None),
            "year": (words("column.year"), str),
            "sectors": (words("economy.sectors"), number(words)),
            "row_gap_wan": (words("economy.row_gap"), number(words, 2)),
            "row": (words("economy.row"), None),
            "column_gap_wan": (words("economy.column_gap"), number(words, 2)),
            "balanced": (words("economy.balanced"), yes(words)),
        }
        title = words("economy.balance")
        grids.append((title, grid_of(shown, columns=columns, label=title)))
    points = [words("economy.limit_tables"), words("economy.limit_trade"), words("economy.limit_chains")]
    points += [words("economy.limit_sites"), words("economy.limit_plan")]
    return Section("limits", words("outlook.limits"), [Part(grids=grids)], points=points)

"""The accounts as a page: budgets, debt, pensions and incomes of the years ahead, with ranges."""

from __future__ import annotations

from tongqu.views.accounts_budgets import budgets, debt, published
from tongqu.views.accounts_people import incomes, newcomers, pensions
from tongqu.views.accounts_tables import AccountsTables, place_names
from tongqu.views.grid import Grid
from tongqu.views.study_page import Card, Format, Page, Part, Section, grid_of, render
from tongqu.views.words import Language, Words

__all__ = ["accounts_html"]


def accounts_html(found: AccountsTables, *, language: Language = "zh") -> str:
    """The page of accounts.

    Parameters
    ----------
    found : Accounts
        What `tongqu.accounts` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.

    Examples
    --------
    >>> import tongqu
    >>> page = accounts_html(tongqu.accounts("quzhou", until=2030, futures=0), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    names = place_names(found, words)
    sections = [
        budgets(found, words, names),
        debt(found, words, names),
        pensions(found, words),
        incomes(found, words, names),
        newcomers(found, words, names),
        published(found, words, names),
        _limits(found, words),
    ]
    region, until = names[found.whole], found.years["until"]
    page = Page(
        title=f"{region} {words('accounts.title')}",
        brand=words("accounts.brand"),
        heading=words("accounts.heading", region=region, first=found.years["base"], last=until),
        band=words(
            "accounts.modelled",
            year=found.years["base"],
            share=words.share(float(found.summary()["modelled_accounts"])),
        ),
        footer=words("accounts.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words("outlook.drawn", futures=found.futures, seed=found.seed),
        ],
        cards=_cards(found, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(found: AccountsTables, words: Words) -> list[Card]:
    said = found.summary()
    first, until = str(found.years["base"] + 1), str(found.years["until"])

    def now(value: str) -> str:
        return words("outlook.since", year=first, value=value)

    def share(key: str) -> tuple[str, str]:
        return words.share(said[key][until]), now(words.share(said[key][first]))

    cards = [
        Card(
            *_split(
                share("self_sufficiency"), words("outlook.card", name=words("accounts.card_self"), year=until)
            )
        ),
        Card(
            *_split(share("debt_ratio"), words("outlook.card", name=words("accounts.debt_ratio"), year=until))
        ),
        Card(
            words.money(said["shortfall"][until]),
            words("outlook.card", name=words.label("budget", "shortfall"), year=until),
            now(words.money(said["shortfall"][first])),
        ),
        Card(
            words.money(said["public_cost_wan"][until]),
            words("outlook.card", name=words("accounts.card_pension"), year=until),
            now(words.money(said["public_cost_wan"][first])),
        ),
    ]
    ratio = said["incomes_ratio"]
    if ratio[until] == ratio[until]:
        name = words("outlook.card", name=words.label("ranged", "income_ratio"), year=until)
        note = now(words.number(ratio[first], 2)) + words(
            "accounts.card_target", value=words.number(said["income_target"], 2)
        )
        cards.append(Card(words.number(ratio[until], 2), name, note))
    return cards


def _split(pair: tuple[str, str], name: str) -> tuple[str, str, str]:
    return pair[0], name, pair[1]


def _limits(found: AccountsTables, words: Words) -> Section:
    grids = [(words("outlook.draws"), _draws(found, words))] if found.futures else []
    points = [
        words("accounts.limit_split"),
        words("accounts.limit_debt"),
        words("accounts.limit_pension"),
        words("accounts.limit_income"),
        words("accounts.limit_plan"),
    ]
    return Section(
        "limits", words("outlook.limits"), [Part(grids=grids)], [words("outlook.draws_note")], points=points
    )


def _draws(found: AccountsTables, words: Words) -> Grid:
    """The parameters that the futures draw, with their range."""
    standards = found.region["standards"].set_index("standard")
    named = [name for name in found.tables["draws"].columns if name in standards.index]
    table = standards.loc[named].reset_index()
    shown = table.assign(
        name=[words.name(zh, en) for zh, en in zip(table["name_zh"], table["name_en"], strict=True)],
        word=[words.label("status", str(status)) for status in table["status"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {"name": (words("outlook.parameter"), None)}
    columns |= {
        column: (words(f"outlook.{key}"), lambda value: words.plain(float(value)))
        for column, key in (("low", "low"), ("value", "middle"), ("high", "high"))
    }
    columns["word"] = (words("outlook.rests"), None)
    return grid_of(shown, columns=columns, label=words("outlook.draws"))

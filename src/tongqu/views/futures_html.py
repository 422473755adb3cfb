"""Futures of plans as a page: what they bring, whether money suffices, what is chosen whatever comes."""

from __future__ import annotations

from tongqu.views.futures_choices import choices_section, influence_section
from tongqu.views.futures_money import money_section, verdict_section
from tongqu.views.futures_plans import plans_section, services_section
from tongqu.views.futures_words import FuturesTables, parameter_names
from tongqu.views.study_page import Card, Page, Section, render
from tongqu.views.words import Language, Words

__all__ = ["futures_html"]


def futures_html(found: FuturesTables, *, language: Language = "zh") -> str:
    """The page of futures.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.futures` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.
    """
    words = Words(language)
    said = found.figures
    region = words.name(found.region.title_zh, found.region.title_en)
    sections = [
        verdict_section(found, words),
        plans_section(found, words),
        money_section(found, words),
        choices_section(found, words),
        influence_section(found, words),
        services_section(found, words),
        _limits(found, words),
    ]
    page = Page(
        title=f"{region} {words('futures.title')}",
        brand=words("futures.brand"),
        heading=words("futures.heading", region=region, count=words.count(said["futures"])),
        band=words("futures.modelled"),
        footer=words("futures.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words("futures.under", drawn=said["drawn"], seed=said["seed"], again=said["replanned"]),
        ],
        cards=_cards(found, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(found: FuturesTables, words: Words) -> list[Card]:
    said, plan = found.figures, found.figures["plan"]
    standing = said["standing"]
    cards = [
        Card(
            words.number(plan["p50"], 3),
            words("futures.card_d"),
            words(
                "futures.card_d_note",
                low=words.number(plan["p10"], 3),
                high=words.number(plan["p90"], 3),
                none=words.number(said["none"]["mean"], 3),
            ),
        ),
        Card(
            words.share(plan["gain"]),
            words("futures.card_gain"),
            words("futures.card_gain_note", least=words.share(plan["least"])),
        ),
        Card(
            words.share(plan["kept"], digits=0),
            words("futures.card_kept"),
            words("futures.card_kept_note", money=words.money(plan["short_wan"])),
        ),
    ]
    if said["replanned"]:
        cards.append(
            Card(
                words.count(standing["no_regret"]),
                words("futures.card_sure"),
                words("futures.card_sure_note", contested=words.count(standing["contested"])),
            )
        )
    if said["robust"]:
        cards.append(
            Card(
                words.share(_kept(found, "robust"), digits=0),
                words("futures.card_robust"),
                words(
                    "futures.card_robust_note",
                    futures=len(said["robust"]["values"]),
                    gap=words.most(said["robust"]["gap"]),
                ),
            )
        )
    return cards


def _kept(found: FuturesTables, plan: str) -> float:
    return float(found.tables["plans"].set_index("plan")["kept"].to_dict()[plan])


def _limits(found: FuturesTables, words: Words) -> Section:
    """What the futures rest on."""
    names = parameter_names(found, words)
    drawn = [names.get(str(name), str(name)) for name in found.tables["draws"] if name != "future"]
    points = [
        words("futures.limit_drawn", names=words.listing(drawn)),
        words("futures.limit_luck"),
        words("futures.limit_offer"),
        words("futures.limit_money"),
        words("futures.limit_known"),
    ]
    if found.figures["infeasible"]:
        count = len(found.figures["infeasible"])
        points.append(words("futures.limit_infeasible", count=count))
    if found.figures["robust"]:
        robust = found.figures["robust"]
        points.append(
            words("futures.limit_robust", futures=len(robust["values"]), gap=words.most(robust["gap"]))
        )
    return Section("limits", words("outlook.limits"), points=points)

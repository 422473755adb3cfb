"""People: life tables, ages split to single years, schedules by age, and projections of many places."""

from tongqu.methods.people.census import check_census, check_places
from tongqu.methods.people.life_table import (
    LifeTable,
    Sex,
    Survival,
    abridged_widths,
    from_survivors,
    life_table,
    single_years,
    survival,
    years_lived_by_the_dead,
)
from tongqu.methods.people.model_tables import (
    WEST_E10,
    WEST_WIDTHS,
    level_for_deaths,
    level_for_e0,
    model_table,
    relational,
    west,
)
from tongqu.methods.people.multiregional import (
    Growth,
    growth_matrix,
    leslie_matrix,
    project_groups,
    transition,
)
from tongqu.methods.people.projection import (
    RESIDENCES,
    Accounts,
    Projection,
    advance,
    imbalance,
    project,
)
from tongqu.methods.people.rates import BOYS, Rates, fertility_for_births, net_to_gross
from tongqu.methods.people.schedules import (
    FUNDAMENTAL,
    RogersCastro,
    fertility_by_age,
    implied_fertility,
    mean_age,
    migration_by_age,
    spread,
)
from tongqu.methods.people.split import FIVE_YEAR_STARTS, split_ages

__all__ = [
    "BOYS",
    "FIVE_YEAR_STARTS",
    "FUNDAMENTAL",
    "RESIDENCES",
    "WEST_E10",
    "WEST_WIDTHS",
    "Accounts",
    "Growth",
    "LifeTable",
    "Projection",
    "Rates",
    "RogersCastro",
    "Sex",
    "Survival",
    "abridged_widths",
    "advance",
    "check_census",
    "check_places",
    "fertility_by_age",
    "fertility_for_births",
    "from_survivors",
    "growth_matrix",
    "imbalance",
    "implied_fertility",
    "leslie_matrix",
    "level_for_deaths",
    "level_for_e0",
    "life_table",
    "mean_age",
    "migration_by_age",
    "model_table",
    "net_to_gross",
    "project",
    "project_groups",
    "relational",
    "single_years",
    "split_ages",
    "spread",
    "survival",
    "transition",
    "west",
    "years_lived_by_the_dead",
]

"""Population: people of every village by age, registered where they live or elsewhere, year by year."""

from tongqu.sectors.population.ages import SCHOOL_AGES, people_by_sex, pupils_by_age
from tongqu.sectors.population.sector import Population, sector

__all__ = ["SCHOOL_AGES", "Population", "people_by_sex", "pupils_by_age", "sector"]

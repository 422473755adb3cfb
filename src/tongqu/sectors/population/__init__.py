"""Population: people of every village by age, registered where they live or elsewhere, year by year."""

from tongqu.sectors.population.sector import Population, sector

__all__ = ["Population", "sector"]

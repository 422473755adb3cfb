"""Which sites cover the most people for so many sites or so much money, and which cover all at least cost."""

from tongqu.methods.covering.maximal import maximal_covering
from tongqu.methods.covering.table import Covering, Search, covers_of
from tongqu.methods.covering.whole import set_covering

__all__ = ["Covering", "Search", "covers_of", "maximal_covering", "set_covering"]

"""Fibre along roads from where it lies to sites that need it, and which sites to choose with it in mind."""

from tongqu.methods.backhaul.choice import Chosen, cover_with_backhaul
from tongqu.methods.backhaul.roads import Roads, way_km
from tongqu.methods.backhaul.tree import Tree, fibre_tree

__all__ = ["Chosen", "Roads", "Tree", "cover_with_backhaul", "fibre_tree", "way_km"]

"""The axis of county seat, central town and central village: roles, their comparison, concentration."""

from tongqu.workflow.axis.effects import AxisEffects, axis_effects
from tongqu.workflow.axis.study import Axis, axis

__all__ = ["Axis", "AxisEffects", "axis", "axis_effects"]

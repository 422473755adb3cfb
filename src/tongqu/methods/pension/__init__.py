"""Resident pensions and medical insurance as accounts: what is paid in and out, and who bears it."""

from tongqu.methods.pension.adequacy import Adequacy, adequacy, coverage_by_age
from tongqu.methods.pension.fund import Flows, Fund, empty_fund, fund_imbalance, fund_year, settled_fund
from tongqu.methods.pension.medical import MedicalRules, MedicalYear, age_weights, medical_year
from tongqu.methods.pension.present_value import (
    CohortValue,
    Lifetime,
    Timing,
    cohort_value,
    discount_factors,
    internal_rate,
    lifetime,
    present_value,
)
from tongqu.methods.pension.scheme import (
    AGES,
    DIVISORS,
    FIRST_AGE,
    MONTHS,
    Scheme,
    Tiers,
    account_months,
    basic_by_age,
)

__all__ = [
    "AGES",
    "DIVISORS",
    "FIRST_AGE",
    "MONTHS",
    "Adequacy",
    "CohortValue",
    "Flows",
    "Fund",
    "Lifetime",
    "MedicalRules",
    "MedicalYear",
    "Scheme",
    "Tiers",
    "Timing",
    "account_months",
    "adequacy",
    "age_weights",
    "basic_by_age",
    "cohort_value",
    "coverage_by_age",
    "discount_factors",
    "empty_fund",
    "fund_imbalance",
    "fund_year",
    "internal_rate",
    "lifetime",
    "medical_year",
    "present_value",
    "settled_fund",
]

"""Accounts of the years ahead: budgets, debt, pensions, incomes and their ranges."""

from tongqu.workflow.accounts.study import Accounts, accounts

__all__ = ["Accounts", "accounts"]

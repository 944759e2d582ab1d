"""Prefect: when, how often, and what people see of it."""

"""The `bank` command, one module per group of verbs.

Modules import what they need inside their functions: `bank sql` must not pay for Dagster.
"""

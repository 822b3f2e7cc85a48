"""What the data teaches: fit, score, evaluate and register models, as plain functions over tables.

Knows neither Dagster nor dbt: a caller hands in features and folders, and gets tables and model files.
"""

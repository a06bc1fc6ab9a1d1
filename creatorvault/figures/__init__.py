"""Figures for operators: requests, sizes and alerts over time, the settings in force, and the system checks."""

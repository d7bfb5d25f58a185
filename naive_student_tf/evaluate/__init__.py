"""Metrics, pictures and reports."""

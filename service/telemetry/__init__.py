"""Seeing it run: request ids, logs, metrics, traces, health. Nothing in it is of the patient."""

"""Backends: load and run a model."""

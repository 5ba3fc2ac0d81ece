"""Packages that stand in for vendors' Python bindings, with a known truth; put this folder on sys.path."""

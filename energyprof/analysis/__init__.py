"""Analysis: from evidence to joules with intervals, and from joules to comparisons."""

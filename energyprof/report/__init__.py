"""Report: a run becomes a page, tables and a summary. Sees no sensor and no clock."""

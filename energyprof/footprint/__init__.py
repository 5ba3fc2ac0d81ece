"""Footprint: from joules to CO2e and water, by factors that carry their source."""

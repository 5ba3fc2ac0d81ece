"""Sensors: one file a device family, and the CPU model used where there is no sensor."""

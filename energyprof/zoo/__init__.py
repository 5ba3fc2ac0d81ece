"""Models that come with energyprof: architectures, the scripts that train them, and their weights."""

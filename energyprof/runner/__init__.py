"""Runner: a profile becomes isolated workers, interleaved trials and a run."""

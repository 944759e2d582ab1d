"""Ratios in one run: each figure stands beside the bare minimum of the same work, measured in the same run."""

"""SQL of people's rights: finding, giving out, forgetting, and removing what is old."""

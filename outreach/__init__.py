"""Campaign outreach for associations."""

"""The embedded default: a local email API with an inbox page, invented people, and readers that behave like people."""

"""From Markdown to a message: Jinja per language, premailer once per variant, slots open, links registered."""

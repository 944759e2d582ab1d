"""Figures of waves as markdown with tables and SVG charts, made for Prefect's artifacts; knows nothing of Prefect."""

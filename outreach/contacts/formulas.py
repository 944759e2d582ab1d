"""Cells that a spreadsheet would run as a formula: escaped when written, themselves again when read."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def escaped(cell: str) -> str:
    """Return *cell* with an apostrophe before it where a spreadsheet would run it, or where it seems to have one."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def unescaped(cell: str) -> str:
    """Return what *cell* was before `escaped`; `'t Hart` stays as it is."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell

"""Figures kept up to date in the transaction that changes them, so that dashboards never scan."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Executable
from sqlalchemy.orm import Session

from outreach.model.report import Cell, Figure
from outreach.store.dialects import inserting_into, on_postgres
from outreach.store.tables import Base

COUNTER = Base.metadata.tables["counter"]


def count(session: Session, wave_id: int, cell: Cell, figures: Mapping[Figure, int]) -> None:
    """Add *figures* to the wave's counters in *cell*; always in the same order, so that writers cannot deadlock."""
    statement = _adding(postgres=on_postgres(session))
    for figure, by in sorted(figures.items()):
        if by:
            row = {"wave_id": wave_id, "audience": cell.audience, "variant": cell.variant, "figure": figure}
            session.execute(statement, row | {"value": by})


@cache
def _adding(*, postgres: bool) -> Executable:
    """Put the statement together, which takes longer than carrying it out."""
    row = inserting_into(COUNTER, postgres=postgres)
    together = COUNTER.c.value + row.excluded.value
    return row.on_conflict_do_update(
        index_elements=["wave_id", "audience", "variant", "figure"], set_={"value": together}
    )

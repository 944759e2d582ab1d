"""Figures kept up to date in the transaction that changes them, so that dashboards never scan."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from outreach.model.report import Cell, Figure
from outreach.store.dialects import inserting
from outreach.store.tables import CounterRow


def count(session: Session, wave_id: int, cell: Cell, figures: Mapping[Figure, int]) -> None:
    """Add *figures* to the wave's counters in *cell*; always in the same order, so that writers cannot deadlock."""
    for figure, by in sorted(figures.items()):
        if not by:
            continue
        row = {"wave_id": wave_id, "audience": cell.audience, "variant": cell.variant, "figure": figure, "value": by}
        session.execute(
            inserting(session, CounterRow)
            .values(row)
            .on_conflict_do_update(
                index_elements=["wave_id", "audience", "variant", "figure"],
                set_={"value": CounterRow.value + by},
            )
        )

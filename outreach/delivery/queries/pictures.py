"""What a planned wave's mails look like, kept for its approver."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.model.inspection import Picture
from outreach.store.tables import PictureRow


def keep(session: Session, wave_id: int, pictures: Iterable[Picture]) -> None:
    """Keep *pictures* in place of those that there were."""
    session.execute(delete(PictureRow).where(PictureRow.wave_id == wave_id))
    session.add_all(
        PictureRow(
            key=picture.key,
            wave_id=wave_id,
            message=picture.message,
            width=picture.width,
            scheme=picture.scheme,
            png=picture.png,
        )
        for picture in pictures
    )


def png(session: Session, key: str) -> bytes | None:
    """Return the picture under *key*."""
    return session.scalar(select(PictureRow.png).where(PictureRow.key == key))

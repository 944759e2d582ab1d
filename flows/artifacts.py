"""Dashboards as Prefect artifacts: one per key, made once and from then on updated in place."""

from uuid import UUID

from prefect import get_client
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey


def publish(key: str, markdown: str, description: str) -> str:
    """Put *markdown* under *key* and return the artifact's id, which stays the same for good."""
    known = find(key)
    if known is None:
        return str(create_markdown_artifact(markdown=markdown, key=key, description=description))
    with get_client(sync_client=True) as client:
        client.update_artifact(known, ArtifactUpdate(data=markdown, description=description))
    return str(known)


def find(key: str) -> UUID | None:
    """Return the id of the artifact under *key*, the first one made."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted)
    oldest = min(found, key=lambda artifact: str(artifact.created), default=None)
    return oldest.id if oldest else None

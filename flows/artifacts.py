"""Dashboards as Prefect artifacts: one per key, made once and from then on updated in place."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from prefect import get_client
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

MOST_ASKED = 50
"""Keys that are looked up in one go: Prefect answers with 200 artifacts at most."""


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
    return _found([key]).get(key)


def find_all(keys: Iterable[str]) -> dict[str, str]:
    """Return the ids of artifacts by key, of those keys that have one."""
    return {key: str(artifact) for key, artifact in _found(list(keys)).items()}


def _found(keys: Sequence[str]) -> dict[str, UUID]:
    """Return the first artifact made under each key."""
    found: dict[str, Artifact] = {}
    with get_client(sync_client=True) as client:
        for start in range(0, len(keys), MOST_ASKED):
            wanted = ArtifactFilter(key=ArtifactFilterKey(any_=list(keys[start : start + MOST_ASKED])))
            for artifact in client.read_artifacts(artifact_filter=wanted):
                first = found.setdefault(str(artifact.key), artifact)
                if str(artifact.created) < str(first.created):
                    found[str(artifact.key)] = artifact
    return {key: artifact.id for key, artifact in found.items()}

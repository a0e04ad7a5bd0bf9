"""The whole schema: importing this module declares every table."""

from storage.tables import (
    audit,
    dashboards,
    documents,
    duties,
    fabric,
    features,
    knowledge,
    lifecycle,
    models,
    provenance,
    reviews,
    watching,
)
from storage.tables.base import metadata

__all__ = [
    "audit",
    "dashboards",
    "documents",
    "duties",
    "fabric",
    "features",
    "knowledge",
    "lifecycle",
    "metadata",
    "models",
    "provenance",
    "reviews",
    "watching",
]

"""The whole schema: importing this module declares every table."""

from storage.tables import audit, documents, fabric, features, knowledge, lifecycle, models, provenance
from storage.tables.base import metadata

__all__ = ["audit", "documents", "fabric", "features", "knowledge", "lifecycle", "metadata", "models", "provenance"]

"""The whole schema: importing this module declares every table."""

from storage.tables import audit, fabric, knowledge, lifecycle, provenance
from storage.tables.base import metadata

__all__ = ["audit", "fabric", "knowledge", "lifecycle", "metadata", "provenance"]

"""Pictures that somebody else made: decoded in a cage of their own, kept as files, whole or not at all."""

from antiphon.pictures.cage import cage
from antiphon.pictures.caged import NotDecoded, run_caged
from antiphon.pictures.files import write_whole

__all__ = ["NotDecoded", "cage", "run_caged", "write_whole"]

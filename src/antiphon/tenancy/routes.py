"""HTTP of companies, places and rights."""

from __future__ import annotations

from fastapi import APIRouter

from antiphon.tenancy import guest_routes, place_routes, right_routes

router = APIRouter(prefix="/api/v1")
router.include_router(place_routes.router)
router.include_router(right_routes.router)
router.include_router(guest_routes.router)

"""A browser that talks to the API without a network."""

from __future__ import annotations

import httpx

from antiphon.tenancy import User
from residents import PASSWORD


class Browser(httpx.AsyncClient):
    """One browser: keeps its cookie, and its access token once signed in."""

    async def sign_in(self, user: User | str, password: str = PASSWORD) -> httpx.Response:
        email = user if isinstance(user, str) else user.email
        answer = await self.post("/api/v1/session", json={"email": email, "password": password})
        if answer.status_code == 200:
            self.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
        return answer

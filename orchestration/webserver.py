"""Dagster's web server, closed to other web pages.

As shipped it runs GraphQL mutations sent by GET, as a form, from any origin and under any host name, so
that a page opened in the same browser could launch or delete runs on this machine. Here GraphQL is taken
only by POST as JSON, and every request must come to this server's own address, from its own pages.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SameOriginOnly:
    """ASGI middleware that refuses what did not come from the server's own pages."""

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 405 with the reason, or hand on."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            status, reason = refusal
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": reason.encode()})

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Why a request is refused, as status and sentence; None when it may pass."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if headers.get("host") not in self.hosts:
            return 403, "This server answers only under its own address."
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins:
            return 403, "Requests from another site's pages are refused."
        if scope["type"] == "websocket":
            return None if origin else (403, "A websocket must name its origin.")
        if scope["path"].rstrip("/").endswith("/graphql"):
            content_type = headers.get("content-type", "").split(";")[0].strip().lower()
            if scope["method"] != "POST" or content_type != "application/json":
                return 405, "GraphQL is taken by POST as application/json only."
        return None


@asynccontextmanager
async def _lifespan(_app: object) -> AsyncIterator[None]:
    yield


def serve(workspace: str, port: int) -> None:
    """Serve the Dagster UI of the instance in DAGSTER_HOME on loopback until told to stop.

    `workspace` is the file that says where the definitions are served.
    """
    import uvicorn
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.app import create_app_from_workspace_process_context

    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, workspace_load_target=WorkspaceFileTarget([workspace])) as context,
    ):
        instance.optimize_for_webserver(2000, 3600, 20)
        app = create_app_from_workspace_process_context(context, lifespan=_lifespan)
        uvicorn.run(SameOriginOnly(app, port), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

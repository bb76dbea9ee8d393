"""The ceiling of the ingest: an ASGI app that reads a body and answers, nothing else."""

_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"14")]


async def application(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b'{"received":1}'})

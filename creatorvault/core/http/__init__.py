"""From an ASGI scope to a response: edge, dispatch, inputs, bodies, conditional requests, problems."""

"""Direct dispatch: runs guards, inputs, providers, handler and response of an operation by plain calls.

For all other operations Litestar does the same by dependency injection, which takes longer than a read in the database:
37 to 57 µs, 11 to 13 % of a get, a list and a create (`python -m benchmarks.twins --only dispatch`).
`tests/core/test_direct.py` checks that both give the same responses.
"""

from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ImproperlyConfiguredException
from litestar.types import ASGIApp, AsyncAnyCallable, Receive, Scope, Send

from creatorvault.core.http.declarations import Declaration, Function
from creatorvault.core.http.handlers import Operation
from creatorvault.core.http.inputs import Place
from creatorvault.core.http.responses import Header, StructResponse, encoded_headers

VALUES: Final = (*Place, "request")
"""What an argument can be, in the order in which the values become available."""


def directly(app: ASGIApp) -> ASGIApp:
    """A middleware for controllers whose operations declare inputs, and whose providers are coroutine functions.

    Routes that Litestar adds itself, such as OPTIONS, go through `app`.
    """
    calls: dict[Operation, _Call] = {}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        operation = scope["route_handler"]
        if not isinstance(operation, Operation):
            await app(scope, receive, send)
            return
        call = calls.get(operation) or calls.setdefault(operation, _Call(operation))
        await call(scope, receive, send)

    return answer


class _Call:
    """Raises ImproperlyConfiguredException for an operation that needs features of Litestar that are not supported."""

    def __init__(self, operation: Operation) -> None:
        if _expects_more(operation):
            raise ImproperlyConfiguredException(
                f"{operation} has hooks or a cache, which have no place in direct calls"
            )
        declaration = operation.declaration
        self._operation = operation
        self._guards = operation.resolve_guards()
        self._receive = declaration.accepts.receive
        self._providers = tuple(
            (name, _coroutine_function(provider), tuple(_slots(provider, declaration).values()))
            for name, provider in declaration.providers.items()
        )
        self._arguments = tuple(_slots(declaration.handler, declaration, *declaration.providers).items())
        self._handler = declaration.handler.call
        self._status = operation.status_code
        self._headers: list[Header] = encoded_headers(
            {header.name: header.value for header in operation.resolve_response_headers() if header.value is not None}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        for guard in self._guards:
            await guard(request, self._operation)  # type: ignore[misc]  # resolved guards are coroutine functions
        received = await self._receive(request)
        values = (*received, request)
        arguments: dict[str, Any] = {name: values[slot] for name, slot in self._arguments}
        for name, provider, slots in self._providers:
            arguments[name] = await provider(*[values[slot] for slot in slots])
        result = await self._handler(**arguments)
        response: ASGIApp
        if isinstance(result, StructResponse):
            response = result.encoded(result.status_code or self._status, self._headers)
        else:
            operation = self._operation
            response = await operation.to_response(app=scope["litestar_app"], data=result, request=request)
        await response(scope, receive, send)


def _slots(function: Function, declaration: Declaration, *elsewhere: str) -> Mapping[str, int]:
    """Returns the index of the value of each argument, except those that come from `elsewhere`."""
    slots: dict[str, int] = {}
    for name in function.parameters.keys() - set(elsewhere):
        slot = declaration.inputs[name].place if name in declaration.inputs else name
        if slot not in VALUES:
            raise ImproperlyConfiguredException(f"{function.name}: {name} has no place in direct calls")
        slots[name] = VALUES.index(slot)
    return {name: slots[name] for name in function.parameters if name in slots}


def _coroutine_function(provider: Function) -> AsyncAnyCallable:
    if not iscoroutinefunction(provider.call):
        raise ImproperlyConfiguredException(f"{provider.name} is no coroutine function")
    return provider.call


def _expects_more(operation: Operation) -> bool:
    return bool(
        operation.cache
        or operation.resolve_before_request()
        or operation.resolve_after_response()
        or any(getattr(layer, "after_request", None) for layer in operation.ownership_layers)
        or operation.resolve_data_dto()
        or operation.resolve_return_dto()
    )

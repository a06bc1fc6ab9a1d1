"""Inputs of an operation, declared by the signatures of its handler and of its providers.

A parameter annotated `Path[…]`, `Query[…]` or `Body[…]` is an input. This is the only declaration, so no function can
use an input that was not read. An invalid declaration is refused when its route is registered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, NamedTuple

from litestar.di import Provide
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.params import SkipValidation
from litestar.types import AnyCallable
from litestar.typing import FieldDefinition
from litestar.utils.helpers import unwrap_partial
from litestar.utils.signature import ParsedSignature

from creatorvault.core.http.inputs import Accepts, Place, Received
from creatorvault.core.http.schemas import RequestModel

WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "DELETE"})
RECEIVED: Final = "received"
RECEIVED_FIELD: Final = FieldDefinition.from_kwarg(SkipValidation[Received], RECEIVED)


class Input(NamedTuple):
    place: Place
    model: type[RequestModel]


@dataclass(frozen=True, slots=True)
class Function:
    """A handler or a provider."""

    name: str
    call: AnyCallable
    signature: ParsedSignature

    @property
    def parameters(self) -> Mapping[str, FieldDefinition]:
        return self.signature.parameters

    def inputs(self) -> Mapping[str, Input]:
        """Raises ImproperlyConfiguredException for an input that is not marked, and for a mark on something else."""
        return {name: found for name, field in self.parameters.items() if (found := self._input(name, field))}

    def behind_received(self) -> "Function":
        """Returns the same function with `received` in place of its inputs, which are taken from it.

        So nothing is called before all inputs are valid, and Litestar's dependencies form a chain: several in parallel
        would cost a task group for each request, and raise exception groups.
        """
        call, places = self.call, {name: declared.place for name, declared in self.inputs().items()}

        @wraps(unwrap_partial(call))
        def from_received(received: Received, **others: Any) -> Any:
            return call(**others, **{name: getattr(received, place) for name, place in places.items()})

        others = {name: field for name, field in self.parameters.items() if name not in places}
        parameters = {RECEIVED: RECEIVED_FIELD, **others}
        signature = ParsedSignature(parameters, self.signature.return_type, self.signature.original_signature)
        return Function(self.name, from_received, signature)

    def _input(self, name: str, field: FieldDefinition) -> Input | None:
        places = [mark for mark in field.metadata if isinstance(mark, Place)]
        is_model = field.is_subclass_of(RequestModel)
        if bool(places) is not is_model:
            raise ImproperlyConfiguredException(
                f"{self.name}: {name} must be a request model, and say where it is read: Path[…], Query[…] or Body[…]"
            )
        return Input(places[0], field.annotation) if places else None


@dataclass(frozen=True, slots=True)
class Declaration:
    """`inputs` are those of the handler and its providers, by name. `providers` are those that the handler uses."""

    handler: Function
    accepts: Accepts
    inputs: Mapping[str, Input]
    providers: Mapping[str, Function]

    def dependencies(self) -> Mapping[str, Provide]:
        """Litestar's dependencies: the inputs as a whole, and each provider, which depends on them."""
        providers = {name: _provide(function) for name, function in self.providers.items()}
        return {RECEIVED: Provide(self.accepts.receive), **providers}


def declaration_of(handler: HTTPRouteHandler) -> Declaration:
    """Raises ImproperlyConfiguredException for inputs that are contradictory or cannot be read."""
    own = Function(str(handler), handler.fn, handler.parsed_fn_signature)
    providers = dict(_used(own, _every_provider(handler), handler.resolve_signature_namespace()))
    inputs: dict[str, Input] = {}
    for function in (own, *providers.values()):
        for name, declared in function.inputs().items():
            known = inputs.setdefault(name, declared)
            inputs[name] = Input(declared.place, _narrower(known, declared, f"{function.name}: {name}"))
    accepts = Accepts(**{place: model for place in Place if (model := _model_of(place, inputs, own.name))})
    if accepts.body is not None and handler.http_methods <= WITHOUT_BODY:
        raise ImproperlyConfiguredException(f"{own.name}: a request without a body has none to read")
    return Declaration(own, accepts, inputs, providers)


def _every_provider(handler: HTTPRouteHandler) -> Mapping[str, AnyCallable]:
    return {
        name: provider.dependency if isinstance(provider, Provide) else provider
        for layer in handler.ownership_layers
        for name, provider in (layer.dependencies or {}).items()
    }


def _used(
    function: Function, known: Mapping[str, AnyCallable], namespace: Mapping[str, Any]
) -> Iterator[tuple[str, Function]]:
    for name in function.parameters:
        if name in known:
            signature = ParsedSignature.from_fn(known[name], dict(namespace))
            provider = Function(f"the provider of {name}", known[name], signature)
            yield name, provider
            yield from _used(provider, known, namespace)


def _model_of(place: Place, inputs: Mapping[str, Input], name: str) -> type[RequestModel] | None:
    """Functions may declare a model and a subclass of it: the subclass is read and passed to all of them."""
    model: Input | None = None
    for declared in inputs.values():
        if declared.place is place:
            model = declared if model is None else Input(place, _narrower(model, declared, name))
    return None if model is None else model.model


def _narrower(one: Input, other: Input, name: str) -> type[RequestModel]:
    if one.place is other.place:
        for model, base in ((one.model, other.model), (other.model, one.model)):
            if issubclass(model, base):
                return model
    raise ImproperlyConfiguredException(
        f"{name}: {one.model.__name__} of the {one.place} and {other.model.__name__} of the {other.place}"
        " cannot both be accepted"
    )


def _provide(function: Function) -> Provide:
    """Provide inspects the function itself to distinguish a generator from a coroutine."""
    provide, behind = Provide(function.call), function.behind_received()
    provide.dependency = behind.call
    provide.parsed_fn_signature = behind.signature
    return provide

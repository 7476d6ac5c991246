"""Validation failures in plain words: what is wrong, where it stands, what was probably meant.

Values that have the wrong type are never repeated: they might be secrets.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from headwater.errors import ConfigError
from headwater.settings.names import did_you_mean, nearest
from headwater.settings.origin import Key
from headwater.settings.schema import Configuration, parts_of

_Model = TypeVar("_Model", bound=BaseModel)
_EXPECTED = {
    "string": "a text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a table",
    "model": "a table",
    "path": "a path in quotes",
}


def checked(
    model: type[_Model], data: dict[str, Any], *, place: Callable[[Key], str], also: Iterable[str] = ()
) -> _Model:
    """`data` as `model`, or a ConfigError with one sentence for everything that is wrong.

    `place` says where a key stands; `also` are keys that are right there but not the model's own.
    """
    try:
        return model(**data)
    except ValidationError as error:
        raise config_error(error, model, place=place, also=also) from None


def config_error(
    error: ValidationError, model: type[BaseModel], *, place: Callable[[Key], str], also: Iterable[str] = ()
) -> ConfigError:
    sentences = [_sentence(found, model, place, tuple(also)) for found in error.errors(include_url=False)]
    return ConfigError("\n".join(dict.fromkeys(sentences)), advice="Correct the setting and run the command again.")


def _sentence(found: Any, model: type[BaseModel], place: Callable[[Key], str], also: tuple[str, ...]) -> str:
    key: Key = tuple(found["loc"])
    name, kind = str(key[-1]) if key else "", str(found["type"])
    where = place(key)
    if kind == "extra_forbidden":
        return f"{where}: {name} is not a setting{_meant(name, _model_at(model, key[:-1]), also)}"
    return f"{where}: {name} {_problem(found, kind, _model_at(model, key[:-1]), name)}"


def _problem(found: Any, kind: str, model: type[BaseModel], name: str) -> str:
    context = found.get("ctx", {})
    if kind == "missing":
        field = model.model_fields.get(name)
        return f"is missing; {field.description}" if field is not None and field.description else "is missing"
    if kind == "value_error":
        text = str(context["error"])
        return text if text.startswith(("has ", "cannot ")) else f"is wrong: {text}"
    if kind == "literal_error":
        return f"has to be {context['expected']}"
    if kind == "string_pattern_mismatch":
        return "may hold letters, digits, and - or _ (a name also . after the first character), and not be empty"
    bounds = {
        "greater_than_equal": ("ge", "at least"),
        "less_than_equal": ("le", "at most"),
        "greater_than": ("gt", "over"),
    }
    if kind in bounds:
        limit, words = bounds[kind]
        return f"has to be {words} {context[limit]}"
    expected = _EXPECTED.get(kind.split("_")[0])
    return f"has to be {expected}" if expected else str(found["msg"]).lower()


def _model_at(model: type[BaseModel], key: Key) -> type[BaseModel]:
    for part in key:
        if isinstance(part, str):
            model = parts_of(model).get(part, model)
    return model


def _meant(name: str, model: type[BaseModel], also: tuple[str, ...]) -> str:
    """The nearest right key of this table, else the table where a key of this name belongs."""
    if found := nearest(name, [*model.model_fields, *also]):
        return f"; did you mean {found}?"
    for table, part in parts_of(Configuration).items():
        if name in part.model_fields:
            return f"; it belongs under {'[[source]]' if table == 'source' else f'[{table}]'}"
    return did_you_mean(name, [*model.model_fields, *also])

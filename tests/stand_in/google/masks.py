"""Field masks: `a,b(c,d/e),f.g` as a tree, applied to an answer or consulted by an update."""

from __future__ import annotations

from typing import Any

Mask = dict[str, Any]
"""name → sub-mask; an empty sub-mask takes everything below. `*` takes every name."""


def parse(text: str | None) -> Mask | None:
    """The tree, or None when there is no mask (everything is wanted). Raises ValueError on bad brackets."""
    if not text or text == "*":
        return None
    tree, rest = _fields(text.replace(" ", ""), 0)
    if rest != len(text.replace(" ", "")):
        raise ValueError(text)
    return tree


def _fields(text: str, at: int) -> tuple[Mask, int]:
    tree: Mask = {}
    while at < len(text) and text[at] != ")":
        at = _one(text, at, tree)
        if at < len(text) and text[at] == ",":
            at += 1
    return tree, at


def _one(text: str, at: int, tree: Mask) -> int:
    node = tree
    while True:
        start = at
        while at < len(text) and text[at] not in ",()/.":
            at += 1
        if start == at:
            raise ValueError(text)
        child = node.setdefault(text[start:at], {})
        node = child
        if at < len(text) and text[at] in "/.":
            at += 1
            continue
        break
    if at < len(text) and text[at] == "(":
        inner, at = _fields(text, at + 1)
        if at >= len(text):
            raise ValueError(text)
        node.update(inner)
        at += 1
    return at


def apply(value: Any, mask: Mask | None) -> Any:
    """What the mask keeps of an answer."""
    if not mask or ("*" in mask and not mask["*"]):
        return value
    if isinstance(value, list):
        return [apply(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    if "*" in mask:
        return {name: apply(item, mask["*"]) for name, item in value.items()}
    return {name: apply(item, mask[name]) for name, item in value.items() if name in mask}


def below(mask: Mask | None, *names: str) -> Mask | None:
    """The sub-mask at a path: None when everything is wanted there. Raises KeyError when nothing is."""
    for name in names:
        if not mask:
            return None
        mask = mask[name] if name in mask else mask["*"]
    return mask or None


def wants(mask: Mask | None, *names: str) -> bool:
    """Whether the mask keeps anything at that path."""
    try:
        below(mask, *names)
    except KeyError:
        return False
    return True


def paths(mask: Mask, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every leaf of the mask as a path."""
    found: list[tuple[str, ...]] = []
    for name, sub in mask.items():
        found += paths(sub, (*prefix, name)) if sub else [(*prefix, name)]
    return found


def update(target: dict[str, Any], source: dict[str, Any], mask: Mask | None) -> dict[str, Any]:
    """A copy of `target` with the masked fields taken from `source` (a missing one is removed)."""
    if mask is None or "*" in mask:
        return {**target, **source}
    result = dict(target)
    for name, sub in mask.items():
        value = source.get(name)
        if sub and "*" not in sub:
            inner = update(result.get(name) or {}, value or {}, sub)
            result[name] = inner
            if not inner:
                result.pop(name)
        elif value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result

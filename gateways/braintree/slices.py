"""Cuts an XML answer into its objects, so that each keeps its own bytes."""

from collections.abc import Iterable
from typing import Any
from xml.parsers import expat

from braintree.util.xml_util import XmlUtil

# What the SDK's parser raises for something that is not Braintree's XML.
UNREADABLE = (expat.ExpatError, ValueError, TypeError, AttributeError, KeyError, RecursionError)
Obj = dict[str, Any]
Sliced = tuple[Obj, bytes]


def tree(body: bytes) -> dict[str, Any]:
    """The answer as the SDK reads it: `{root: value}`."""
    found: dict[str, Any] = XmlUtil.dict_from_xml(body)
    return found


def items(body: bytes, tag: str) -> list[Sliced]:
    """The elements called `tag` directly below the root, each with its bytes."""
    wanted = tag.replace("_", "-")
    found = []
    for name, raw in children(body, ()):
        if name.replace("_", "-") == wanted:
            obj = tree(raw)[tag]
            if isinstance(obj, dict):
                found.append((obj, raw))
    return found


def children(body: bytes, path: Iterable[str]) -> list[tuple[str, bytes]]:
    """The elements directly below the one that `path` leads to from the root: name and bytes."""
    cutter = _Cutter(body, tuple(path))
    cutter.run()
    return cutter.found


class _Cutter:
    """Notes where each child of one element begins and ends."""

    def __init__(self, body: bytes, path: tuple[str, ...]) -> None:
        self._body, self._path = body, path
        self._open: list[str] = []
        self._start = 0
        self._parser = expat.ParserCreate()
        self.found: list[tuple[str, bytes]] = []

    def run(self) -> None:
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.Parse(self._body, True)  # noqa: FBT003  the library's own signature

    def _begin(self, name: str, _attributes: dict[str, str]) -> None:
        if tuple(self._open[1:]) == self._path and self._open:
            self._start = self._parser.CurrentByteIndex
        self._open.append(name)

    def _end(self, name: str) -> None:
        self._open.pop()
        if tuple(self._open[1:]) == self._path and self._open:
            self.found.append((name, self._cut(name)))

    def _cut(self, name: str) -> bytes:
        at = self._parser.CurrentByteIndex
        if not self._body.startswith(b"</", at):
            # An empty element ends where it began; its bytes reach to the bracket.
            return self._body[self._start : self._body.index(b">", self._start) + 1]
        end = self._body.index(b">", at) + 1
        return self._body[self._start : end]

"""Parses texts as consumers in Python and C do: reads a parser's name and a text in base64 on each line, and answers with the tree as JSON, or an empty line."""

import base64
import json
import sys

import gi
import yaml

gi.require_version("Json", "1.0")
from gi.repository import Json  # noqa: E402


def plain(tree):
    """A tree of text alone, which JSON can hold."""
    if isinstance(tree, dict):
        return {str(name): plain(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [plain(each) for each in tree]
    return tree if isinstance(tree, str) else None


def json_glib(text):
    parser = Json.Parser()
    parser.load_from_data(text.decode(), -1)
    return Json.to_string(parser.get_root(), False)


PARSERS = {
    "PyYAML": lambda text: json.dumps(plain(yaml.safe_load(text))),
    "libyaml": lambda text: json.dumps(plain(yaml.load(text, yaml.CSafeLoader))),
    "C, json-glib": json_glib,
}

for line in sys.stdin:
    name, _, text = line.rstrip("\n").partition("\t")
    try:
        answer = PARSERS[name](base64.b64decode(text))
    except Exception:
        answer = ""
    print(answer.replace("\n", " "), flush=True)

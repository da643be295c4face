"""A plan's text. PyYAML speaks YAML 1.1: what that reads otherwise than people do is an error with its line."""

import os
import re
from pathlib import Path

import yaml

from ...errors import need
from . import size

BYTES = 16 * 2**20


class Loader(yaml.SafeLoader):
    """SafeLoader, but no key stands twice, `no` is no truth, 010 is not 8, 1:30 is not 90, and 1e-3 is a number."""

    def refuse(self, node, why):
        """Raise a ValueError that names file and line of a node."""
        raise ValueError(f"{self.name}, line {node.start_mark.line + 1}: {why}")

    def compose_mapping_node(self, anchor):
        node, seen = super().compose_mapping_node(anchor), {}
        for key, _ in node.value:
            first = seen.setdefault((key.tag, str(key.value)), key)
            if first is not key:
                self.refuse(key, f"{key.value!r} stands in line {first.start_mark.line + 1} already")
        return node

    def truth(self, node):
        """true or false. -> bool"""
        if node.value.lower() not in ("true", "false"):
            self.refuse(node, f'{node.value} may be a truth or a word; write true, false or "{node.value}"')
        return self.construct_yaml_bool(node)

    def whole(self, node):
        """-> int"""
        if not re.fullmatch(r"[-+]?(0|[1-9][\d_]*)", node.value):
            self.refuse(node, f'{node.value} may be a number or a word; write it in full, or as "{node.value}"')
        return int(node.value)

    def number(self, node):
        """-> float"""
        try:
            return float(node.value)
        except ValueError:
            self.refuse(node, f'{node.value} is not a number like 0.5 or 1e-3; as a word it is "{node.value}"')


for kind, read in (("bool", Loader.truth), ("int", Loader.whole), ("float", Loader.number)):
    Loader.add_constructor(f"tag:yaml.org,2002:{kind}", read)
SCIENTIFIC = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$")  # YAML 1.1 wants 1.0e-3, with the point
Loader.add_implicit_resolver("tag:yaml.org,2002:float", SCIENTIFIC, list("-+0123456789"))


def read(path):
    """What a YAML file holds. -> plain values; raises ValueError that names the file and the line"""
    path = Path(os.path.expanduser(path))
    need(path.is_file(), "the plan", str(path), "a YAML file that exists")
    need(path.stat().st_size <= BYTES, "the plan", str(path), f"a file of at most {BYTES:,} bytes")
    try:
        loader = Loader(path.read_text(encoding="utf-8-sig"))
        loader.name = str(path)
        node = loader.get_single_node()
        few = node is None or size.of_node(node) <= size.NODES
        need(few, "the plan", str(path), f"of at most {size.NODES:,} values, with all anchors written out")
        return node and loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ValueError(f"{path}, line {mark.line + 1}: {error.problem or error.context}") from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to be a plan") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is not text in YAML: {error}") from None

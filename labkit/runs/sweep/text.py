"""The text of a plan, in YAML. PyYAML reads YAML 1.1; where people mean something else, an error names the line."""

import os
import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from ...errors import need
from . import size

BYTES = 16 * 2**20


class Loader(yaml.SafeLoader):
    """SafeLoader, but no key stands twice, `no` is no truth, 010 is not 8, 1:30 is not 90, and 1e-3 is a number."""

    def refuse(self, node: yaml.Node, reason: str) -> NoReturn:
        """Raise a ValueError that names file and line of a node."""
        raise ValueError(f"{self.name}, line {node.start_mark.line + 1}: {reason}")

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """Read a mapping. Raises ValueError for a key that stands twice."""
        node = super().compose_mapping_node(anchor)
        keys = {}
        for key, _ in node.value:
            first = keys.setdefault((key.tag, str(key.value)), key)
            if first is not key:
                self.refuse(key, f"{key.value!r} stands in line {first.start_mark.line + 1} already")
        return node

    def truth(self, node: yaml.ScalarNode) -> bool:
        """Read true or false."""
        if node.value.lower() not in ("true", "false"):
            self.refuse(node, f'{node.value} may be a truth or a word; write true, false or "{node.value}"')
        return self.construct_yaml_bool(node)

    def integer(self, node: yaml.ScalarNode) -> int:
        """Read a whole number in decimal digits."""
        if not re.fullmatch(r"[-+]?(0|[1-9][\d_]*)", node.value):
            self.refuse(node, f'{node.value} may be a number or a word; write it in full, or as "{node.value}"')
        return int(node.value)

    def number(self, node: yaml.ScalarNode) -> float:
        """Read a number with a point or an exponent."""
        try:
            return float(node.value)
        except ValueError:
            self.refuse(node, f'{node.value} is not a number like 0.5 or 1e-3; as a word it is "{node.value}"')


Loader.add_constructor("tag:yaml.org,2002:bool", Loader.truth)
Loader.add_constructor("tag:yaml.org,2002:int", Loader.integer)
Loader.add_constructor("tag:yaml.org,2002:float", Loader.number)
SCIENTIFIC = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$")  # YAML 1.1 wants 1.0e-3, with the point
Loader.add_implicit_resolver("tag:yaml.org,2002:float", SCIENTIFIC, list("-+0123456789"))


def read(path: str | os.PathLike) -> Any:
    """Read a YAML file as plain values. Raises ValueError that names the file and the line."""
    path = Path(os.path.expanduser(path))
    need(path.is_file(), "the plan", str(path), "a YAML file that exists")
    need(path.stat().st_size <= BYTES, "the plan", str(path), f"a file of at most {BYTES:,} bytes")
    try:
        loader = Loader(path.read_text(encoding="utf-8-sig"))
        loader.name = str(path)
        node = loader.get_single_node()
        if node is None:
            return None
        may_be = f"of at most {size.NODES:,} values, with all anchors written out"
        need(size.of_node(node) <= size.NODES, "the plan", str(path), may_be)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ValueError(f"{path}, line {mark.line + 1}: {error.problem or error.context}") from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to be a plan") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is not text in YAML: {error}") from None

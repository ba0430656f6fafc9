"""The fields that NetApp's own library knows of the simulator's nouns, against the simulator's table of them.

    $MANILAD_PEERS/netapp/bin/python documented.py [--print]

Fails where the installed release of netapp-ontap knows a field that the table has not, or says otherwise what it is or what may be
done with it. With --print: the rows of the installed release, as they belong in the table. The column of releases was made by running that
with each release from 9.12.1 on: a field has the oldest that knows it.
"""

import argparse
import collections
import importlib
import pathlib
import pkgutil
import re
import sys

import netapp_ontap
import netapp_ontap.resources
from marshmallow import fields
from netapp_ontap.resource import Resource

TABLE = pathlib.Path(__file__).resolve().parents[3] / "src/ontap-sim/rest/documented.tsv"
SECRET = re.compile("password|passphrase|secret|private_key")
# Objects whose key is another one after others come and go: nothing is kept under it.
MOVING = {"/api/protocols/nfs/export-policies/{}/rules"}
# What says the same as modelled fields do, in other words.
SAID_OTHERWISE = {"fixed.max_throughput", "fixed.min_throughput"}
# What of another object is told where it is referred to.
REFERRED = ("name", "uuid", "id", "index")
HOW = {(): "read", ("postable_fields",): "post", ("patchable_fields",): "patch", ("postable_fields", "patchable_fields"): "write"}
DEEPEST = 4


def kind_of(field):
    name = type(field).__name__
    if name in ("Integer", "Number", "Float"):
        return "integer"
    return "time" if "DateTime" in name else {"Size": "size", "Boolean": "flag"}.get(name, "text")


def settable(schema, name, ways, member=None):
    """In which of the ways an attribute of a schema, or a member of what it refers to, can be set."""
    listed = {way: set(getattr(schema, way, None) or []) for way in ways}
    return tuple(way for way in ways if name in listed[way] or f"{name}.{member}" in listed[way])


def walk(schema, above, depth, seen, ways, found):
    for name, field in schema.fields.items():
        key, is_list = field.data_key or name, isinstance(field, fields.List)
        while isinstance(field, fields.List):
            field = field.inner
        path = f"{above}{key}"
        if key.startswith("_links"):
            continue
        if not isinstance(field, fields.Nested):
            found[path] = kind_of(field), settable(schema, name, ways)
            continue
        inner, own = field.schema, () if is_list else ways
        if type(inner).__name__ in seen:
            continue
        if type(inner).__module__.startswith("netapp_ontap.resources."):
            for other, member in inner.fields.items():
                member_key = member.data_key or other
                if member_key in REFERRED and not isinstance(member, fields.Nested):
                    found[f"{path}.{member_key}"] = kind_of(member), settable(schema, name, own, other)
        elif depth < DEEPEST:
            walk(inner, f"{path}.", depth + 1, seen | {type(inner).__name__}, settable(schema, name, own), found)


def known(paths):
    """By collection and field: its kind, and how it can be set."""
    found = collections.defaultdict(dict)
    for module in pkgutil.iter_modules(netapp_ontap.resources.__path__):
        module = importlib.import_module(f"netapp_ontap.resources.{module.name}")
        for kind in vars(module).values():
            if not (isinstance(kind, type) and issubclass(kind, Resource) and kind.__module__ == module.__name__):
                continue
            path = re.sub(r"\{[^}]*\}", "{}", getattr(kind, "_path", None) or "")
            if path in paths:
                walk(kind._schema(), "", 0, frozenset(), ("postable_fields", "patchable_fields"), found[path])
    return found


def told(path, name, ways):
    return "read" if SECRET.search(name) or path in MOVING or name in SAID_OTHERWISE else HOW[ways]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--print", action="store_true", help="print the rows of the installed release")
    given = arguments.parse_args()
    table = {}
    for line in TABLE.read_text().splitlines():
        if not line.startswith("#"):
            path, _, kind, how, names = line.split("\t")
            table.update({(path, name): (kind, how) for name in names.split(" ")})
    found = known({path for path, _ in table})
    if given.print:
        rows = collections.defaultdict(list)
        for path, names in found.items():
            for name, (kind, ways) in names.items():
                rows[path, kind, told(path, name, ways)].append(name)
        for (path, kind, how), names in sorted(rows.items()):
            print(path, kind, how, " ".join(sorted(names)), sep="\t")
        return
    wrong = []
    for path, names in found.items():
        for name, (kind, ways) in names.items():
            expected = kind, told(path, name, ways)
            if table.get((path, name)) != expected:
                wrong.append(f"{path} {name}: the library has {expected}, the table {table.get((path, name))}")
    print(f"{sum(map(len, found.values()))} fields of {len(found)} nouns, {len(wrong)} differ")
    if wrong or not found:
        sys.exit("\n".join(wrong[:40]) or "no noun of the table is known")


if __name__ == "__main__":
    main()

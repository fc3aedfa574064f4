"""The text that starts a worker: it makes modules of the sources that it is sent, and hands over to the guardian."""

__all__ = ["BOOT", "FINDER"]

FINDER = """
import sys, types
for name in sources:
    parts = name.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if package not in sys.modules:
            sys.modules[package] = types.ModuleType(package)
            sys.modules[package].__path__ = []
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in sources:
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, Finder)
    @staticmethod
    def create_module(spec):
        return None
    @staticmethod
    def exec_module(module):
        exec(compile(sources[module.__name__], module.__name__, "exec"), module.__dict__)
sys.meta_path.insert(0, Finder)
"""

BOOT = (
    """
import json, os, sys, types
number = int(sys.argv[1])
length = int(sys.argv[3])
with open(int(sys.argv[2]), "rb", buffering=0) as handed:
    text = b""
    while len(text) < length:
        text += handed.read(length - len(text))
bundle = json.loads(text)
sources = bundle["sources"]
del text
"""
    + FINDER
    + """
register, os.register_at_fork = os.register_at_fork, lambda **_: None  # see reward_kit.sandbox.jail.warm
from reward_kit.sandbox.jail import child, guardian
os.register_at_fork = register
sys.meta_path.remove(Finder)
guardian.main(number, bundle["options"])
"""
)

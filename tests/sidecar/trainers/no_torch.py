"""Names in place of torch, for libraries that import it for their types and do not use it here."""

import importlib.machinery
import sys
import types


class _Kind(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _kind(name)

    def __or__(cls, other):
        return cls

    __ror__ = __or__


def _kind(name):
    """Return a class that may be derived from, called, indexed and used as a decorator."""
    body = {
        "__init__": lambda self, *_args, **_more: None,
        "__call__": lambda self, decorated=None, *_args, **_more: decorated,
        "__class_getitem__": classmethod(lambda cls, _of: cls),
    }
    return _Kind(name, (), body)


class _Module(types.ModuleType):
    __path__ = ()
    __version__ = "2.9.0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, _kind(name))
        return getattr(self, name)


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, _Finder())

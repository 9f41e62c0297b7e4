"""http.server, without the modules that its file server alone needs: a MiB that nothing uses.

They come with decompressors and tables of file types. Whoever imports one of them afterwards gets
the real one.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

FOR_FILES = ("html", "mimetypes", "shutil")

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
else:
    _stand_ins = {name: ModuleType(name) for name in FOR_FILES if name not in sys.modules}
    sys.modules.update(_stand_ins)
    try:
        from http.server import BaseHTTPRequestHandler
    finally:
        for _name in _stand_ins:
            del sys.modules[_name]

__all__ = ["BaseHTTPRequestHandler"]

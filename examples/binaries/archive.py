"""Makes zip-based office files the same on every run: fixed times, and no trace of the moment they were written."""

import re
import zipfile
from datetime import datetime
from io import BytesIO

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def normalised(data: bytes, modified: datetime) -> bytes:
    """The same parts in the same order, every part dated 1980, the document's own date as given."""
    stamp = modified.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    result = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                # openpyxl enters the present moment whatever the workbook's properties say.
                part = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", part)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o600 << 16
            new.writestr(info, part)
    return result.getvalue()

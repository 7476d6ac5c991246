"""One folder with everything that a folder should not hold, and good documents between it."""

import io
import os
import random
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

SUFFIXES = (".md", ".html", ".txt", ".rst", ".csv", ".eml", ".docx", ".pptx", ".xlsx", ".pdf")
GOOD = "# Harbour\n\nThe harbour master answers the lantern question.\n"
MB = 2**20

Files = Iterator[tuple[str, bytes]]


def empty_and_noise() -> Files:
    noise = random.Random(1).randbytes(8_192)
    for suffix in SUFFIXES:
        yield f"empty{suffix}", b""
        yield f"blank{suffix}", b" \r\n\t\n"
        yield f"zeros{suffix}", bytes(4_096)
        yield f"noise{suffix}", noise
        yield f"wrong-html{suffix}", b"<!doctype html><title>T</title><h1>A page</h1><p>Its text.</p>"
        yield f"wrong-png{suffix}", b"\x89PNG\r\n\x1a\n" + noise
        yield f"wrong-pdf{suffix}", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF"
        yield f"wrong-zip{suffix}", zipped({"a.txt": b"text"})


def encodings() -> Files:
    text = "# Größe\n\nÄpfel und Öl, naïve café, “quoted” — 価格 ключ.\n"
    western = "# Größe\n\nÄpfel und Öl, naïve café.\n"
    for name, data in {
        "utf-8-bom": b"\xef\xbb\xbf" + text.encode(),
        "utf-16": text.encode("utf-16"),
        "utf-16-le": text.encode("utf-16-le"),
        "utf-16-be-bom": b"\xfe\xff" + text.encode("utf-16-be"),
        "utf-32": text.encode("utf-32"),
        "utf-7": text.encode("utf-7"),
        "latin-1": western.encode("latin-1"),
        "cp1252": "“Größe” — naïve café\n".encode("cp1252"),
        "shift-jis": "# 価格\n\n価格は毎月変わります。\n".encode("shift-jis"),
        "gb18030": "# 价格\n\n价格每月都会变化。\n".encode("gb18030"),
        "mixed": text.encode() + western.encode("latin-1") + text.encode("utf-16-le"),
        "cut-off": text.encode()[:-3] + "é".encode()[:1],
        "odd-utf-16": text.encode("utf-16")[:-1],
        "surrogates": b"# T\n\nlone \xed\xa0\x80 and \xed\xbf\xbf surrogates\n",
        "overlong": b"# T\n\nslash \xc0\xaf and \xf8\x88\x80\x80\x80\n",
        "controls": b"# T\n\nbell \x07 escape \x1b[31m red \x0b\x0c\x7f \xc2\x85 done\n",
        "nul-inside": GOOD.encode() * 200 + b"a \x00 nul",
    }.items():
        for suffix in (".md", ".txt", ".html", ".csv", ".rst"):
            yield f"encodings/{name}{suffix}", data
    lie = b'<meta charset="%s"><title>T</title><p>caf\xe9 text</p>'
    for charset in (b"utf-8", b"utf-16", b"nonsense", b"utf-7", b"rot13", b"idna", b"unicode_escape", b"zip", b"hex"):
        yield f"encodings/declares-{charset.decode()}.html", lie % charset
        yield (
            f"encodings/declares-{charset.decode()}.eml",
            (b"Subject: T\nContent-Type: text/plain; charset=" + charset + b"\n\nSome caf\xe9 text.\n"),
        )
    yield "encodings/references.html", b"<p>&#xD800; &#0; &#x110000; &#99999999999; &#x202e; text</p>"
    yield "encodings/references.md", b"# T\n\n&#xD800; &#0; &#x110000; &#99999999999; text\n"


def shapes() -> Files:
    """Text that is much of one thing."""
    yield "shapes/headings.md", "".join(f"{'#' * (n % 6 + 1)} H{n}\n\n" for n in range(10_000)).encode()
    yield "shapes/headings.html", "".join(f"<h{n % 6 + 1}>H{n}</h{n % 6 + 1}>" for n in range(10_000)).encode()
    yield "shapes/sections.md", "".join(f"## H{n}\n\nText {n}.\n\n" for n in range(10_000)).encode()
    for depth in (200, 5_000):
        yield f"shapes/list-{depth}.md", "".join("  " * n + f"- item {n}\n" for n in range(depth)).encode()
        yield f"shapes/list-{depth}.html", ("<ul><li>x" * depth + "</li></ul>" * depth).encode()
        yield f"shapes/quote-{depth}.md", (">" * depth + " deep\n").encode()
        yield f"shapes/table-{depth}.html", ("<table><tr><td>x" * depth).encode()
    yield "shapes/div.html", b"<div>" * 100_000 + b"text"
    yield "shapes/brackets.md", b"[" * 100_000 + b"](" * 50_000
    yield "shapes/stars.md", b"*a_" * 60_000
    yield (
        "shapes/title.md",
        b"# " + b"long title " * 100_000 + b"\n\n" + b"".join(b"## S%d\n\nText.\n\n" % n for n in range(2_000)),
    )
    yield "shapes/title.html", b"<title>" + b"long " * 400_000 + b"</title>" + b"<h2>S</h2><p>Text.</p>" * 2_000
    sections = b"".join(b"<h2>S%d</h2><p>Text of the section.</p>" % n for n in range(2_000))
    yield "shapes/anchor.html", b'<h1 id="' + b"a" * 1_000_000 + b'">T</h1>' + sections
    yield "shapes/keywords.html", b'<meta name=keywords content="' + b"word, " * 200_000 + b'"><h1>T</h1>' + sections
    yield "shapes/caption.html", b"<table><caption>" + b"c " * 500_000 + b"</caption>" + b"<tr><td>x" * 2_000
    yield "shapes/table-head.html", b"<table><tr><th>" + b"h " * 500_000 + b"</th></tr>" + b"<tr><td>x" * 2_000
    yield "shapes/language.md", b"```" + b"l" * 1_000_000 + b"\n" + b"code\n" * 20_000 + b"```\n"
    yield "shapes/items.html", b"<ol><li>" + b"i " * 300_000 + b"<ol>" + b"<li>x</li>" * 5_000 + b"</ol></ol>"
    yield "shapes/word.txt", b"x" * 3_000_000
    yield "shapes/lines.txt", b"\n".join(b"line" for _ in range(300_000))
    yield "shapes/blank-lines.txt", b"\n" * 5_000_000 + b"text"
    yield "shapes/columns.csv", b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n"
    yield "shapes/cell.csv", b'a,b\n"' + b"word " * 1_000_000 + b'",1\n'
    yield "shapes/quote.csv", b'a,b\n"' + b"never closed\n" * 100_000
    yield "shapes/rows.csv", b"a,b\n" + b"1,2\n" * 200_000
    yield "shapes/row-span.html", b"<table><tr><td rowspan=65534 colspan=1000>x</td></tr></table>" * 50
    yield "shapes/entities.html", _laughs("html") + b"<p>&i;</p>"
    yield (
        "shapes/nested.eml",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2_000)),
    )
    yield "shapes/nested-rst.rst", b"".join(b" " * n + b"* x\n\n" for n in range(400))
    yield "shapes/include.rst", b".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\nText.\n"


def said_about_themselves() -> Files:
    """Front matter and folder rules that are attacks, or nearly what they should be."""
    for name, front in {
        "aliases": "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]",
        "brackets": "access: " + "[" * 30_000,
        "huge": "title: " + "x" * 60_000,
        "endless": "title: " + "x" * 200_000,
        "surrogate": 'title: "\\uD800 lone"\nowner: "\\uDFFF"\ntags: ["\\uD800", a]',
        "nul": 'title: "a\\0b"\nowner: "\\0"',
        "tags": "tags: [" + ", ".join(f"t{n}" for n in range(5_000)) + "]",
        "types": "title: [a, b]\ntags: {a: b}\nowner: 3\nupdated: [x]\nkind: {}\nversion: 1.10",
        "dates": "updated: 99999-99-99\ncreated: 0000-00-00\nreview_by: tomorrow\nreview_in: -3 years",
        "old-dates": "updated: 0001-01-01\ncreated: 9999-12-31T23:59:59-23:59",
        "kind": 'kind: "../../etc"\nlanguage: "' + "x" * 5_000 + '"',
        "python": "!!python/object/apply:os.system ['touch pwned']",
        "unclosed": "access: [group:sre",
    }.items():
        yield f"front/{name}.md", f"---\n{front}\n---\n{GOOD}".encode()
    yield "rules/broken/.headwater.toml", b"access = ["
    yield "rules/broken/page.md", GOOD.encode()
    yield "rules/bytes/.headwater.toml", b'owner = "\xff\xfe"\n'
    yield "rules/bytes/page.md", GOOD.encode()
    yield "rules/large/.headwater.toml", b'owner = "a"\n' + b"# comment\n" * 100_000
    yield "rules/large/page.md", GOOD.encode()
    yield "rules/deep/.headwater.toml", b"a = " + b"[" * 20_000
    yield "rules/deep/page.md", GOOD.encode()


def containers() -> Files:
    """Office files and PDFs that are bombs or loops."""
    document = b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body>%s</w:body></w:document>"
    yield "containers/zeros.docx", office({"word/document.xml": bytes(300 * MB)})
    yield (
        "containers/long.docx",
        office({"word/document.xml": document % (b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 2_000_000)}),
    )
    yield "containers/deep.docx", office({"word/document.xml": document % (b"<w:p>" * 200_000)})
    yield "containers/laughs.docx", office({"word/document.xml": _laughs("w") + b"<w>&i;</w>"})
    yield "containers/laughs.xlsx", office({"xl/sharedStrings.xml": _laughs("sst") + b"<sst>&i;</sst>"})
    yield (
        "containers/quadratic.pptx",
        office(
            {
                "ppt/presentation.xml": b'<!DOCTYPE x [<!ENTITY a "'
                + b"a" * 100_000
                + b'">]><x>'
                + b"&a;" * 10_000
                + b"</x>"
            }
        ),
    )
    yield (
        "containers/external.docx",
        office({"word/document.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'}),
    )
    inner = zipped({"bomb.xml": bytes(20 * MB)})
    for level in range(8):
        inner = zipped({f"level-{level}.zip": inner})
    yield "containers/nested.docx", inner
    yield "containers/many.xlsx", zipped({f"xl/worksheets/sheet{n}.xml": b"<x/>" for n in range(20_000)})
    yield "containers/climbing.docx", zipped({"../../../../tmp/proof-of-escape.txt": b"out"})
    yield "containers/cut.docx", office({"word/document.xml": document % b"<w:p/>"})[:-40]
    catalog = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    loop = b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 99999999>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    yield "containers/loop.pdf", catalog + loop
    yield "containers/cut.pdf", catalog
    yield "containers/deep.pdf", b"%PDF-1.4\n1 0 obj" + b"[" * 200_000 + b"endobj\ntrailer<</Root 1 0 R>>"
    yield (
        "containers/encrypted.pdf",
        (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
            b"3 0 obj<</Filter/Standard/V 1/R 2/O<" + b"00" * 32 + b">/U<" + b"00" * 32 + b">/P -4>>endobj\n"
            b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\n%%EOF"
        ),
    )


def names() -> Iterator[tuple[bytes, bytes]]:
    """File names as bytes; the contents are good."""
    for name in (
        b"caf\xe9.md", b"\xff\xfe.md", b"caf%E9.md", b"line\nbreak.md", b"tab\there.md", b"\x1b[31mred\x1b[0m.md",
        b"\x07bell.md", b"-rf.md", b"'quote\".md", b"back\\slash.md", b" lead and trail .md", b"%41.md", b"a:b?c*.md",
        b"[brackets].md", b"x" * 252 + b".md", "‮dm.exe.md".encode(), "שלום.md".encode(), "e\u0301.md".encode(),
        "é.md".encode(), "😀.md".encode(), b"...md", b"two.md.md", b"UPPER.MD", b"#hash.md", b"~tilde.md",
        b"nul\xc0\x80.md",
        b"<b>.md", b"$(touch x).md", b"{a,b}.md", b"con.md",
    ):  # fmt: skip
        yield b"names/" + name, GOOD.encode() + b"\nNamed " + repr(name).encode() + b"\n"


BUILDERS: tuple[Callable[[], Files], ...] = (empty_and_noise, encodings, shapes, said_about_themselves, containers)


def write_all(root: Path, malformed: Path | None, builders: tuple[Callable[[], Files], ...] = BUILDERS) -> None:
    """Everything, with `malformed` files beside it, and five good documents in between."""
    for build in builders:
        for name, content in build():
            _put(root, os.fsencode(name), content)
    for raw, content in names():
        _put(root, raw, content)
    for number, folder in enumerate(("", "aaa", "malformed", "shapes", "zzz")):
        _put(root, os.fsencode(f"{folder}/good-{number}.md".lstrip("/")), GOOD.encode())
    for file in sorted(malformed.iterdir()) if malformed else ():
        _put(root, os.fsencode(f"malformed/{file.name}"), file.read_bytes())
    _oddities(root)


def _oddities(root: Path) -> None:
    """What is no file, or leads somewhere else, or nowhere."""
    odd = root / "odd"
    odd.mkdir()
    os.mkfifo(odd / "pipe.md")
    (odd / "piped-rules").mkdir()
    os.mkfifo(odd / "piped-rules/.headwater.toml")
    (odd / "piped-rules/page.md").write_text(GOOD)
    (odd / "folder-rules/.headwater.toml").mkdir(parents=True)
    (odd / "folder-rules/page.md").write_text(GOOD)
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(odd)  # the path of a socket may have 107 bytes
        listening.bind("socket.html")
        os.chdir(here)
    (odd / "folder.md").mkdir()
    (odd / "loop").symlink_to(odd, target_is_directory=True)
    (odd / "itself.md").symlink_to("itself.md")
    (odd / "nowhere.md").symlink_to("missing.md")
    (odd / "passwd.txt").symlink_to("/etc/passwd")
    (odd / "etc").symlink_to("/etc", target_is_directory=True)
    (odd / "zero.txt").symlink_to("/dev/zero")
    _too_deep(odd)


def _too_deep(folder: Path) -> None:
    """A document whose path is longer than any call takes."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=descriptor)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    with os.fdopen(os.open("page.md", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor), "w") as stream:
        stream.write(GOOD)
    os.close(descriptor)


def zipped(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def office(parts: dict[str, bytes]) -> bytes:
    """A container with what every Office file begins with."""
    kind = next(iter(parts)).partition("/")[0]
    main = {"word": "document.main", "xl": "sheet.main", "ppt": "presentation.main"}[kind]
    of = {"word": "wordprocessingml", "xl": "spreadsheetml", "ppt": "presentationml"}[kind]
    target = {"word": "word/document.xml", "xl": "xl/workbook.xml", "ppt": "ppt/presentation.xml"}[kind]
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{target}" ContentType="application/vnd.openxmlformats-officedocument.{of}.{main}+xml"/>'
        "</Types>"
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        f'Target="{target}"/></Relationships>'
    )
    return zipped({"[Content_Types].xml": types.encode(), "_rels/.rels": rels.encode(), **parts})


def _laughs(root: str) -> bytes:
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a "ha">{entities}]>'.encode()


def _put(root: Path, name: bytes, content: bytes) -> None:
    path = os.path.join(os.fsencode(root), name)  # noqa: PTH118 - bytes
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
    with open(path, "wb") as stream:  # noqa: PTH123 - bytes
        stream.write(content)

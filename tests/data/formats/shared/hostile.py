"""Contents made to harm: bombs, bottomless nests, ways out of the data set, files of no use."""

from pathlib import Path

DEEP = 100_000


def contents(kind: str, good: bytes, canary: Path) -> dict[str, bytes]:
    """Hostile contents for a file of a kind, each with a name."""
    made = {**_any(good), **{"json": _json, "xml": _xml, "yaml": _yaml}.get(kind, _none)(canary)}
    if kind in ("text", "yaml", "xml", "json"):
        made |= _text(good)
    if kind == "binary":
        made |= _playlists(canary)
    return {name: content for name, content in made.items() if content != good}


def _any(good: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "one byte": b"\0",
        "a line break": b"\n",
        "zeros": bytes(5000),
        "ones": b"\xff" * 5000,
        "half": good[: len(good) // 2],
        "all but the last byte": good[:-1],
        "twice": good * 2,
        "backwards": good[::-1],
        "gzip": b"\x1f\x8b\x08" + bytes(30),
    }


def _text(good: bytes) -> dict[str, bytes]:
    text = good.decode()
    return {
        "byte order mark": b"\xef\xbb\xbf" + good,
        "two byte order marks": b"\xef\xbb\xbf" * 2 + good,
        "UTF-16": text.encode("utf-16"),
        "UTF-32": text.encode("utf-32"),
        "Latin-1": good + b" \xe9\xe8",
        "half a surrogate pair": good + b"\xed\xa0\x80",
        "a NUL in front": b"\0" + good,
        "a NUL behind": good + b"\0",
        "lines end by CR": good.replace(b"\n", b"\r"),
        "lines end in every way": good.replace(b"\n", b"\r\n\x0b\x0c\x1c\xc2\x85\xe2\x80\xa8"),
        "one long line": b"1 " * 500_000,
        "many lines": b"1\n" * 200_000,
        "one long number": b"9" * 100_000,
        "sections": b"[" * DEEP + b"\n",
    }


def _json(canary: Path) -> dict[str, bytes]:
    return {
        "open brackets": b"[" * DEEP,
        "nested lists": b"[" * DEEP + b"]" * DEEP,
        "nested objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "nested in a field": b'{"images":' + b"[" * DEEP + b"]" * DEEP + b"}",
        "null": b"null",
        "a number": b"1",
        "a string": b'"x"',
        "a list": b"[]",
        "an object": b"{}",
        "a list of lists": b"[[], [], []]",
        "a list of nulls": b"[null, null]",
        "a list of empty objects": b"[{}, {}]",
        "NaN": b"NaN",
        "a number of 400 digits": b"[1" + b"0" * 400 + b"]",
        "a number of 100,000 digits": b"[1" + b"0" * DEEP + b"]",
        "10^400": b"[1e400]",
        "a million nulls": b"[" + b"null," * 1_000_000 + b"null]",
        "half a surrogate pair escaped": b'["\\ud800"]',
        "an escape cut off": b'["\\u12',
        "a key twice": b'{"images": [], "images": {}, "annotations": 1, "categories": []}',
        "empty COCO": b'{"images": [], "annotations": [], "categories": []}',
    }


def _xml(canary: Path) -> dict[str, bytes]:
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f"<!ENTITY a{i} '" + f"&a{i - 1};" * 10 + "'>" for i in range(1, 12)
    )
    outside = canary.as_uri()
    doctypes = {
        "billion laughs": f"<!DOCTYPE annotation [{laughs}]><annotation>&a11;</annotation>",
        "quadratic blow-up": f'<!DOCTYPE annotations [<!ENTITY a "{"x" * 100_000}">]>'
        f"<annotations>{'&a;' * 10_000}</annotations>",
        "external entity": f'<!DOCTYPE annotations [<!ENTITY a SYSTEM "{outside}">]>'
        "<annotations><image name='&a;'>&a;</image></annotations>",
        "external DTD": f'<!DOCTYPE annotations SYSTEM "{outside}"><annotations/>',
        "parameter entity": f'<!DOCTYPE annotations [<!ENTITY % a SYSTEM "{outside}"> %a;]>'
        "<annotations/>",
        "entity in an attribute": f"<!DOCTYPE annotation [{laughs}]><annotation a='&a11;'/>",
        "doctype alone": "<!DOCTYPE annotations><annotations/>",
    }
    plain = {
        "nested elements": "<a>" * DEEP + "</a>" * DEEP,
        "nested in annotations": "<annotations>" + "<image>" * DEEP,
        "many attributes": "<annotations" + "".join(f" a{i}=''" for i in range(50_000)) + "/>",
        "a long attribute": f"<annotations a='{'x' * 2_000_000}'/>",
        "many elements": f"<annotations>{'<image/>' * 100_000}</annotations>",
        "an undefined entity": "<annotations>&nothing;</annotations>",
        "a character that cannot be": "<annotations>&#0;&#xD800;</annotations>",
        "an unknown encoding": "<?xml version='1.0' encoding='utf-99'?><annotations/>",
        "UTF-7": "<?xml version='1.0' encoding='utf-7'?><annotations>+ADw-a+AD4-</annotations>",
        "a codec of no text": "<?xml version='1.0' encoding='zlib'?><annotations/>",
        "idna": "<?xml version='1.0' encoding='idna'?><annotations/>",
        "XInclude": f"<annotations xmlns:i='http://www.w3.org/2001/XInclude'>"
        f"<i:include href='{outside}' parse='text'/></annotations>",
        "another root": "<html><body/></html>",
        "an empty root": "<annotation/>",
        "two roots": "<annotation/><annotation/>",
        "CDATA without an end": "<annotation><![CDATA[",
        "a comment without an end": "<annotation><!--" + "-" * 100_000,
    }
    return {name: text.encode() for name, text in {**doctypes, **plain}.items()}


def _yaml(canary: Path) -> dict[str, bytes]:
    aliases = 'a0: &a0 ["ha","ha"]\n' + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
    )
    texts = {
        "alias bomb": aliases + "names: *a11\n",
        "alias bomb as path": aliases + "names: [a]\ntrain: *a11\npath: *a11\n",
        "merge bomb": "a0: &a0 {a: 1}\n"
        + "".join(f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 8)),
        "an alias to itself": "names: &a [*a, *a]\n",
        "a map in itself": "&a {names: *a, train: *a}\n",
        "python object": f"names: !!python/object/apply:os.system ['cat {canary}']\n",
        "python module": "names: !!python/module:os\n",
        "python tuple": "names: !!python/tuple [a, b]\n",
        "binary": "names: !!binary aGE=\n",
        "a set": "names: !!set {a, b}\n",
        "pairs": "names: !!omap [a: b]\n",
        "a date": "names: [2001-01-01, 2001-01-01 00:00:00]\n",
        "a date that cannot be": "names: [2001-99-99]\n",
        "a number of 5,000 digits": f"nc: {'9' * 5000}\nnames: [a]\n",
        "a sexagesimal": "nc: 1:2:3\nnames: [1:2, 3:4]\n",
        "a tag": "names: !x [a]\n",
        "unhashable keys": "names: {[a]: b, {c: d}: e}\n",
        "keys of mixed types": "names: {0: a, x: b, null: c, 1.5: d}\n",
        "a key twice": "names: [a]\nnames: [b]\n",
        "two documents": "names: [a]\n---\nnames: [b]\n",
        "open brackets": "names: " + "[" * DEEP,
        "nested lists": "names: " + "[" * 2000 + "]" * 2000,
        "open braces": "{" * DEEP,
        "nested dashes": "- " * 3000 + "a",
        "a tab": "names:\n\t- a\n",
        "a directive": "%YAML 9.9\n---\nnames: [a]\n",
        "an undefined alias": "names: *nothing\n",
        "a list": "[]\n",
        "a word": "word\n",
        "many names": f"names: [{','.join(str(i) for i in range(30_000))}]\n",
        "a huge number": "names: {9223372036854775807: a}\n",
    }
    return {name: text.encode() for name, text in texts.items()}


def _playlists(canary: Path) -> dict[str, bytes]:
    """Texts that a video library may take for lists of other files."""
    video = canary.with_suffix(".avi")
    texts = {
        "ffconcat": f"ffconcat version 1.0\nfile '{video}'\n",
        "ffconcat by name": f"ffconcat version 1.0\nfile ../{video.name}\n",
        "HLS": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{video}\n#EXT-X-ENDLIST\n",
        "HLS by URL": "#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "DASH": f"<MPD><Period><BaseURL>{video.as_uri()}</BaseURL></Period></MPD>",
        "SVG": f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{canary.as_uri()}'/></svg>",
        "PostScript": f"%!PS-Adobe-3.0 EPSF\n({canary}) run\n",
    }
    return {name: text.encode() for name, text in texts.items()}


def _none(canary: Path) -> dict[str, bytes]:
    return {}

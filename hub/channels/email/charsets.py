"""Bytes to text, whatever the sender says about them: named character sets first, then honest
guesses."""

from __future__ import annotations

import codecs
import re

GUESSES = ("utf-8", "gb18030")
"""Tried in this order, strictly, when nothing usable is declared."""

_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "csgb2312": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "x-gbk": "gb18030",
    "euc-cn": "gb18030",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso8859-8",
}
"""Senders name the smaller set and use the larger one; the larger reads both."""

_ALLOWED = re.compile(
    r"(?:utf-8|utf-16(?:le|be)?|gb18030|hz(?:-gb-2312)?|big5hkscs|iso-2022-(?:jp|kr)(?:-\d+)?|euc-jp"
    r"|cp9(?:32|49)|johab|koi8-[rtu]|mac-?(?:roman|cyrillic|greek|turkish)|tis-620|kz1048"
    r"|(?:windows-|cp)125[0-8]|cp(?:437|850|852|855|858|862|864|866|874)|iso-?8859-(?:1[013456]|[1-9]))"
)
"""Everything else Python can "decode" (utf-7, rot13, zip, unicode_escape, ...) is refused."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def codec_for(declared: str) -> str | None:
    """Return the Python codec for a declared character set, or None when we know none we would
    use."""
    name = declared.strip().strip("\"'").lower()
    name = _WIDER.get(name, name)
    if len(name) > 40 or not _ALLOWED.fullmatch(name):
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def guess(content: bytes) -> str:
    """Read bytes of which nothing is known."""
    for codec in GUESSES:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def to_text(content: bytes, declared: str | None) -> tuple[str, str | None]:
    """Decode ``content``; the second value is the fault found, if any: ``charset-unknown`` or
    ``charset-wrong``."""
    fault = None
    codec = codec_for(declared) if declared else None
    if codec is not None:
        try:
            return without_controls(content.decode(codec)), None
        except UnicodeDecodeError:
            fault = "charset-wrong"
            if _is_mostly_right(content, codec):
                return without_controls(content.decode(codec, "replace")), fault
    elif declared:
        fault = "charset-unknown"
    return without_controls(guess(content)), fault


def without_controls(text: str) -> str:
    """Replace what no screen should get and no database can keep: control characters and lone
    surrogates."""
    return _CONTROLS.sub("\ufffd", text)


def _is_mostly_right(content: bytes, codec: str) -> bool:
    """True when a few broken bytes spoil a text that otherwise is what it claims to be."""
    text = content.decode(codec, "replace")
    return text.count("\ufffd") * 50 < len(text)

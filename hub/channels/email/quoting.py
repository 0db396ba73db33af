"""What a customer wrote now, apart from what their mail program quoted below it (Chinese and
English programs).

Line by line, each line cut to a fixed length before it is looked at, so hostile text costs linear
time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOOK_AT = 200
"""Characters of a line that are looked at."""


@dataclass(frozen=True, slots=True)
class Split:
    """``visible`` is what is new; ``quoted`` is everything from the first quoted line on."""

    visible: str
    quoted: str = ""


_DIVIDER = re.compile(
    r"\s*(?:"
    r"-{2,}\s*(?:原始邮件|原邮件|转发邮件信息|转发的邮件|回复的原邮件|原始郵件|原始訊息|轉寄郵件)\s*-{0,}"
    r"|-{2,}\s*(?:Original (?:[Mm]essage|Email)|Forwarded [Mm]essage|Reply message)\s*-{0,}"
    r"|Begin forwarded message:|开始转发的邮件[:：]|下面是转发的邮件[:：]|下面是被转发的邮件[:：]"
    r")\s*"
)
_WROTE = re.compile(
    r"\s*(?:"
    r"On\s.{6,160}\swrote:"
    r"|At\s\d{4}-\d\d-\d\d [\d:]{4,8},.{0,120}wrote:"
    r"|\d{4}[-/]\d\d?[-/]\d\d?.{0,120}(?:wrote|写道|寫道)\s*[:：]"
    r"|(?:在|于|於)\s?\d{4}.{0,140}(?:写道|寫道|写到)\s*[:：]"
    r"|.{0,120}(?:于|於|在)\s?\d{4}\s?[年/-].{0,80}(?:写道|寫道|写到)\s*[:：]"
    r"|\d{4}年\d\d?月\d\d?日.{0,120}(?:写道|寫道|写到)\s*[:：]"
    r"|.{1,80}<[^<>\s]{3,80}>\s*(?:wrote|写道|寫道)\s*[:：]"
    r")\s*"
)
_WROTE_WORDS = ("wrote", "写道", "寫道", "写到")
_WROTE_BEGINS = re.compile(
    r"\s*(?:On\s.{6,}|At\s\d{4}-\d\d.{3,}|.{0,60}(?:于|於|在)\s?\d{4}\s?[年/-].*)"
)
_FIELD = re.compile(
    r"\s*\**\s*(From|Sent|Date|To|Cc|Subject|发件人|发送时间|发送日期|日期|时间|收件人|抄送人?|主题"
    r"|寄件者|寄件人|寄件日期|收件者|副本|主旨)\s*\**\s*[:：]\s*\**"
)
_OPENING_FIELDS = {"From", "发件人", "寄件者", "寄件人"}
_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,}|-{3,})\s*")
_SENT_FROM = re.compile(
    r"\s*(?:Sent from my .{1,40}|Sent from (?:Mail|Outlook|Yahoo).{0,60}|Get Outlook for .{1,60}"
    r"|发自我的\s?.{1,30}|从我的\s?.{1,30}发送|來自我的\s?.{1,30}|从\s?(?:Outlook|Windows).{0,40}(?:发送|获取).{0,20}"
    r"|发送自\s?.{1,40}|从 .{1,20}版.{0,10}发送)\s*"
)
_MOST_FIELD_LOOKAHEAD = 6


def split_quoted(text: str) -> Split:
    """Fold away the quoted part. A mail that is nothing but quotation, or answers inside it, stays
    whole."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = _quote_begins(lines)
    if at is None:
        return Split(text.strip())
    visible = "\n".join(_without_tail(lines[:at])).strip()
    if not visible:
        return Split(text.strip())
    return Split(visible, "\n".join(lines[at:]).strip())


def _quote_begins(lines: list[str]) -> int | None:
    for at, line in enumerate(lines):
        head = line[:_LOOK_AT]
        if not head.strip():
            continue
        if _DIVIDER.fullmatch(head) or _is_attribution(lines, at) or _is_field_block(lines, at):
            return at
        if head.startswith(">") and _only_quotes_follow(lines, at):
            return at
    return None


def _is_attribution(lines: list[str], at: int) -> bool:
    """``On ... wrote:``, also when the mail program broke it over up to three lines."""
    head = lines[at][:_LOOK_AT]
    if _says_wrote(head) and _WROTE.fullmatch(head):
        return True
    if not _WROTE_BEGINS.fullmatch(head):
        return False
    joined = head.strip()
    for line in lines[at + 1 : at + 3]:
        if not line.strip() or line.startswith(">"):
            return False
        joined = f"{joined} {line[:_LOOK_AT].strip()}"
        if _says_wrote(joined) and _WROTE.fullmatch(joined[: 2 * _LOOK_AT]):
            return True
    return False


def _says_wrote(line: str) -> bool:
    """A cheap look before the costly one: nearly every line of a mail ends here."""
    return line.rstrip().endswith((":", "：")) and any(word in line for word in _WROTE_WORDS)


def _is_field_block(lines: list[str], at: int) -> bool:
    """A block like Outlook's: a From line, then at least one more field (two, when no rule stands
    above)."""
    head = _FIELD.match(lines[at][:_LOOK_AT])
    if head is None or head[1] not in _OPENING_FIELDS:
        return False
    seen = {head[1]}
    for line in lines[at + 1 : at + 1 + _MOST_FIELD_LOOKAHEAD]:
        if more := _FIELD.match(line[:_LOOK_AT]):
            seen.add(more[1])
    return len(seen) >= (2 if at and _RULE.fullmatch(lines[at - 1][:_LOOK_AT]) else 3)


def _only_quotes_follow(lines: list[str], at: int) -> bool:
    """True when nothing is said below the quotation; answers between quoted lines must stay
    visible."""
    for line in lines[at:]:
        if line.strip() and not line.startswith(">"):
            return _is_signature(line)
    return True


def _is_signature(line: str) -> bool:
    return line.rstrip() == "--" or bool(_SENT_FROM.fullmatch(line[:_LOOK_AT]))


def _without_tail(lines: list[str]) -> list[str]:
    """Drop blank lines and the rule a mail program draws above its quotation."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1][:_LOOK_AT])):
        end -= 1
    return lines[:end]

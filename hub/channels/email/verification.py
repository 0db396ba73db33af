"""Does this mail carry somebody's sign-in code or "verify your account" link? (the Ticket Trick)

A company's reply address can be given to other services as "my address"; what they then send there
must be seen by agents only, and be known for what it is.
"""

from __future__ import annotations

import re

_LOOK_AT = 2_000
_SAYS = re.compile(
    r"verif(?:y|ication)\b|confirm (?:your|this) (?:e-?mail|account|address)"
    r"|one[- ]time (?:code|pass)|(?:sign|log)[- ]?in code"
    r"|security code|confirmation code|your code is|reset your password"
    r"|验证码|校验码|动态密码|激活(?:您|你)的|验证(?:您|你)的(?:邮箱|账号|帐号|账户|身份)"
    r"|确认(?:您|你)的邮箱|重置(?:您|你)?的?密码",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"(?<![\d.,])\d{3}[ -]?\d{3}(?![\d.,])|(?<![\d.,])\d{4}(?:\d{2,4})?(?![\d.,])|https?://"
)


def asks_to_verify(subject: str, text: str) -> bool:
    """True when the mail speaks of a verification and holds a code or a link for it."""
    head = f"{subject}\n{text[:_LOOK_AT]}"
    return _SAYS.search(head) is not None and _HOLDS.search(head) is not None

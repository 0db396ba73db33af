"""What is new in an answer stands alone; what was quoted is folded away, never lost."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hub.channels.email.quoting import split_quoted

ANSWER = "收到了，谢谢！\n\n明天我会再打电话。"
REPLY = "Thanks, that worked.\n\nOne more thing: when does the shop open?"

TAILS = {
    "gmail, english": (
        "On Tue, Nov 17, 2026 at 9:12 AM Desk <desk@shop.example> wrote:\n\n> Hi\n> there\n"
    ),
    "gmail, english, broken over two lines": (
        "On Tue, Nov 17, 2026 at 9:12 AM The Desk of Shop Example\n<desk@shop.exam"
        "ple> wrote:\n\n> Hi\n"
    ),
    "gmail, chinese": "客服中心 <desk@shop.example> 于2026年11月17日周二 09:12写道：\n\n> 您好\n",
    "gmail, traditional": (
        "客服 <desk@shop.example> 於 2026年11月17日 週二 上午9:12寫道：\n\n> 您好\n"
    ),
    "apple mail, english": (
        "> On 17 Nov 2026, at 09:12, Desk <desk@shop.example> wrote:\n> \n> Hi\n"
    ),
    "apple mail, chinese": (
        "> 在 2026年11月17日，09:12，客服 <desk@shop.example> 写道：\n> \n> 您好\n"
    ),
    "qq mail": (
        "------------------\xa0原始邮件\xa0------------------\n发件人: "
        '"客服" <desk@shop.example>;\n'
        '发送时间:\xa02026年11月17日(星期二) 上午9:12\n收件人:\xa0"李安"<ann@c.exa'
        "mple>;\n主题:\xa0您好\n\n您好"
    ),
    "foxmail": (
        "发件人： 客服\n发送时间： 2026-11-17 09:12\n收件人： 李安\n主题： 您的订单\n您好，"
    ),
    "netease": '在 2026-11-17 09:12:33，"客服" <desk@shop.example> 写道：\n>您好\n',
    "netease, english": 'At 2026-11-17 09:12:33, "Desk" <desk@shop.example> wrote:\n>Hi\n',
    "netease, new": (
        "---- 回复的原邮件 ----\n| 发件人 | 客服<desk@shop.example>"
        " |\n| 日期 | 2026年11月17日 |\n\n您好"
    ),
    "outlook, english": (
        "________________________________\nFrom: Desk <desk@shop.example>\n"
        "Sent: Tuesday, November 17, 2026 9:12 AM\nTo: Ann\nSubject: Order\n\nHi"
    ),
    "outlook, chinese": (
        "________________________________________\n发件人: 客服 <desk@shop.example>\n"
        "发送时间: 2026年11月17日 9:12\n收件人: 李安\n抄送: 王五\n主题: 订单\n\n您好"
    ),
    "outlook, marked bold": "*From:* Desk\n*Sent:* Tuesday\n*To:* Ann\n*Subject:* Order\n\nHi",
    "outlook, original message": "-----Original Message-----\nFrom: Desk\nSent: x\n\nHi",
    "forwarded by gmail": (
        "---------- Forwarded message ---------\nFrom: Desk <d@shop.example>\n\nHi"
    ),
    "yahoo, taiwan": (
        "在 2026年11月17日 星期二 上午09:12:00 [GMT+8]， 客服 <desk@shop.example> 寫道：\n\n您好"
    ),
    "thunderbird, chinese": "在 2026/11/17 9:12, 客服 写道:\n> 您好\n",
    "thunderbird, english": "On 17/11/2026 09:12, Desk wrote:\n> Hi\n",
    "only angle brackets": "> Hi\n> there\n>\n> Desk\n",
}


@pytest.mark.parametrize("program", TAILS)
@pytest.mark.parametrize("said", [ANSWER, REPLY])
def test_the_answer_stands_alone(program: str, said: str) -> None:
    split = split_quoted(f"{said}\n\n{TAILS[program]}")

    assert split.visible == said
    assert split.quoted.split() == [word for word in TAILS[program].split() if set(word) != {"_"}]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote: nothing came.\nOn Tuesday nothing came either.",
        "我在2026年写道，这本书很好。\n后来改了主意。",
        "From: Hamburg\nTo: Shanghai\nHow long does it take?",
        "发件人写错了，请改。\n主题：发票",
        "> Did it come?\nYes.\n> And is it whole?\nNo, one cup is broken.",
        "价格：\n- 苹果 3 元\n---\n- 梨 2 元",
        "A -- B --- C",
        "> nothing but a quotation",
        "",
    ],
)
def test_words_that_only_look_like_quotation_stay(text: str) -> None:
    assert split_quoted(text).visible == text
    assert split_quoted(text).quoted == ""


def test_a_signature_below_a_quotation_does_not_unfold_it() -> None:
    split = split_quoted("好的\n\n> 您好\n> 再见\n\n发自我的iPhone")

    assert split.visible == "好的"


@given(st.text(alphabet=st.sampled_from("On wrote:于写道：2026年>-\n 发件人From"), max_size=200))
def test_no_word_is_ever_lost(text: str) -> None:
    split = split_quoted(text)

    kept = (split.visible + split.quoted).replace("-", "").split()
    assert "".join(kept) == "".join(text.replace("-", "").split())

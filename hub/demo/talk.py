"""What people say in the demo: a dozen reasons to write to a furniture shop, in both languages,
line by line.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Talk:
    """One reason to write. ``customer`` and ``agent`` alternate, the customer begins; ``subject``
    is for letters.
    """

    key: str
    language: str
    queue: str
    subject: str
    customer: tuple[str, ...]
    agent: tuple[str, ...]


TALKS: tuple[Talk, ...] = (
    Talk(
        "stuck",
        "zh",
        "shipping",
        "包裹三天没动了",
        (
            "你好，我的沙发显示在杭州三天没动了，什么时候能到？",
            "订单号 SH-20417",
            "好的，那周六之前能到吗？家里要用",
            "太好了，谢谢！",
        ),
        (
            "您好，我来查一下，请给我订单号。",
            "查到了，杭州中转场爆仓，今晚会发出。",
            "可以，预计周五 18:00 前送达，晚了我给您补发。",
            "不客气，有问题随时找我们。",
        ),
    ),
    Talk(
        "change",
        "zh",
        "shipping",
        "想改送货时间",
        ("想把周四的送货改到周日上午可以吗", "地址不变，望京那个", "好的没问题"),
        (
            "可以的，地址需要改吗？",
            "改好了，周日 9:00–12:00，司机会提前半小时联系您。",
            "祝您生活愉快！",
        ),
    ),
    Talk(
        "scratch",
        "zh",
        "returns",
        "桌腿有一道划痕",
        (
            "收到的餐桌桌腿有一道划痕，怎么处理呀？",
            "大概五厘米，挺明显的",
            "换一条桌腿就行",
            "谢谢你们，处理得真快",
        ),
        (
            "非常抱歉给您添麻烦了。划痕有多长？方便的话发张照片。",
            "明白了。可以换桌腿，也可以退 80 元，您看哪个合适？",
            "好的，新桌腿明天发出，三天内到，附安装工具。",
            "应该的，再次抱歉。",
        ),
    ),
    Talk(
        "return",
        "zh",
        "returns",
        "沙发颜色和图片差太多，想退",
        ("沙发颜色和图片差太多，想退", "拆了，但没坐过", "行，运费谁出？", "那可以"),
        (
            "理解您的心情。请问包装拆了吗？",
            "可以退的，七天内无理由。我帮您约上门取件。",
            "这次是色差问题，运费我们承担。",
            "取件员周三下午到，退款两个工作日内原路返回。",
        ),
    ),
    Talk(
        "invoice",
        "zh",
        "billing",
        "发票抬头需要改成公司名称",
        (
            "发票抬头需要改成公司名称，原订单是个人的",
            "北京云图设计有限公司，税号 91110105MA01ABCD2X",
            "收到，谢谢",
        ),
        (
            "可以的，请把公司名称和税号发给我。",
            "好的，原发票会红冲，新发票一小时内发到您的邮箱。",
            "不客气。",
        ),
    ),
    Talk(
        "coupon",
        "zh",
        "billing",
        "优惠券没有抵扣",
        ("我下单时优惠券没抵扣，多付了 200", "SH-20588", "好的，退到哪里？", "明白"),
        (
            "我看一下，请告诉我订单号。",
            "确实漏了，券在付款前一分钟过期。我申请给您退 200 元。",
            "原路退回，一到三个工作日。",
            "给您带来不便，抱歉。",
        ),
    ),
    Talk(
        "assembly",
        "zh",
        "shipping",
        "预约安装",
        ("书柜到了，能约安装吗？周六上午", "朝阳区，四楼没电梯", "没关系，谢谢"),
        (
            "可以，请问在哪个区，有电梯吗？",
            "周六 10:00 的师傅有空，没有电梯每层加 10 元，可以吗？",
            "约好了，师傅姓张，会提前电话。",
        ),
    ),
    Talk(
        "vip",
        "zh",
        "vip",
        "想再订一套同款",
        (
            "我去年在你们家买的餐桌很喜欢，想再订一套送父母，有老客户优惠吗？",
            "一桌六椅，寄到成都",
            "太好了，那就订吧",
        ),
        (
            "感谢您的信任！请问要几把椅子，寄到哪里？",
            "会员九折，再送一套桌布，成都五天到。",
            "订单已为您保留 24 小时，付款链接发您短信了。",
        ),
    ),
    Talk(
        "where",
        "en",
        "billing_en",
        "Where is my order?",
        (
            "Hi, where is my order? The page says Tuesday but tracking stopped in Hangzhou.",
            "SF1390 2217 46",
            "OK. I need it on Saturday, otherwise I will have to return it.",
            "Perfect, thank you!",
        ),
        (
            "Hello! I am looking into it. May I have the tracking number?",
            "Found it: the hub was overloaded, it leaves tonight.",
            "Confirmed: it arrives by Friday 18:00. If not, we send a replacement the same day.",
            "You are welcome. Have a good weekend!",
        ),
    ),
    Talk(
        "label",
        "en",
        "returns_en",
        "Return label for SH-20417",
        (
            "Could you send me a return label for SH-20417? The lamp is too tall for our shelf.",
            "Unopened, yes.",
            "Great, when do I get the money back?",
            "Thanks a lot",
        ),
        (
            "Of course. Is the lamp still in its box?",
            "I have e-mailed the label, it is good for 14 days.",
            "Two working days after it reaches us, to the card you paid with.",
            "Any time!",
        ),
    ),
    Talk(
        "vat",
        "en",
        "billing_en",
        "VAT invoice",
        (
            "We need a VAT invoice with our company name for last week's desk.",
            "Keller Design GmbH, DE 811 234 567",
            "Thanks, that was quick.",
        ),
        (
            "Gladly. What are the company's name and VAT number?",
            "Done. The corrected invoice is on its way to your e-mail.",
            "Glad to help.",
        ),
    ),
    Talk(
        "missing",
        "en",
        "returns_en",
        "Missing screws",
        (
            "The bookcase came without the bag of screws!! We wanted to build it today :(",
            "It is the oak one, 180 cm",
            "Tomorrow is fine. Thank you",
        ),
        (
            "I am sorry, that spoils the day. Which bookcase is it?",
            "A courier brings a new bag tomorrow before noon, and I took 10 % off for the trouble.",
            "Thank you for your patience!",
        ),
    ),
    Talk(
        "mixed",
        "zh",
        "billing",
        "order 还没 shipped",
        (
            "我的 order 还没 shipped，website 上一直是 processing",
            "SH-20611，上周五下的单",
            "OK 那我再等等",
        ),
        (
            "您好，请把订单号发我看看。",
            "这款要从上海仓调货，明天 ship，后天到您那边。",
            "有更新我会第一时间通知您。",
        ),
    ),
)

NAMES = {
    "zh": (
        "王小明",
        "周婷",
        "陈思远",
        "孙悦",
        "林佳怡",
        "赵雨",
        "吴迪",
        "郑爽爽",
        "冯雪",
        "蒋航",
        "沈一诺",
        "韩冰",
        "杨帆",
        "朱莉",
        "秦川",
        "许晴晴",
        "何静",
        "吕强",
    ),
    "en": (
        "Alice Chen",
        "Jonas Keller",
        "Marco Rossi",
        "David Lin",
        "Emma Clark",
        "Tom Baker",
        "Sofia Marin",
        "Noah Weber",
        "Grace Park",
        "Lucas Meyer",
        "Olivia Stone",
        "Ben Carter",
    ),
}

COMMENTS = {
    "zh": ("李雷解决得真快", "态度很好，谢谢", "等得有点久，不过解决了", ""),
    "en": ("So fast, thank you", "Friendly and clear", "Took a while, but solved", ""),
}

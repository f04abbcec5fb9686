"""A program with a rule for everything that a receipt can say: what sync/example.py prints examples of. In every language."""

from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from loyalty.goods import Goods
from loyalty.program import (
    AccrualRule,
    Challenge,
    Names,
    Plan,
    Pool,
    Prize,
    Program,
    PromotionRule,
    RewardRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.donate import RoundUp
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff


def _names(he: str, en: str, ar: str, ru: str) -> Names:
    return {"he": he, "en": en, "ar": ar, "ru": ru}


COFFEE, CAKE, BEANS = (Goods(products=(product,)) for product in ("coffee", "cake", "beans"))
FREE_COFFEE = _names("קפה חינם", "free coffee", "قهوة مجانية", "кофе бесплатно")
COUPON = _names("15% בקנייה הבאה", "15% on the next purchase", "15% في الشراء القادم", "15% на следующую покупку")
BIRTHDAY = _names("25 ₪ ליום ההולדת", "₪25 for the birthday", "25 ₪ لعيد الميلاد", "25 ₪ ко дню рождения")
CUP = _names("כוס במתנה", "A cup as a gift", "كوب هدية", "Чашка в подарок")
HALF = _names("עוגה ב־50% (פרוסה)", "Cake at 50% (a slice)", "كعكة بـ 50% (قطعة)", "Торт за 50% (кусок)")
TEN_OFF = _names("10 ₪ הנחה", "₪10 off", "خصم 10 ₪", "скидка 10 ₪")
ROUND_UP = _names("עיגול לטובה", "Round up", "تقريب", "Округление")
COOKIE = _names("עוגייה מהמאפייה", "A cookie from the oven", "كعكة صغيرة من الفرن", "Печенье из печи")

PROGRAM = Program(
    code="example",
    version=1,
    currency="ILS",
    name=_names("מועדון קפה שקד", "Shaked Coffee Club", "نادي قهوة شاكيد", "Клуб «Шакед»"),
    units={
        "points": Unit(_names("נקודות", "points", "نقاط", "баллы"), worth=10),
        "stamps": Unit(_names("ניקובים", "stamps", "أختام", "штампы")),
        "wallet": Unit(_names("ארנק", "wallet", "المحفظة", "кошелёк"), worth=1),
        "status": Unit(_names("נקודות דירוג", "status points", "نقاط المكانة", "статусные баллы")),
        "birthday": Unit(BIRTHDAY),
        "next_time": Unit(COUPON, expire_days=30),
        "cup": Unit(CUP),
    },
    accruals={
        "points": AccrualRule("per_money", "points", PerMoney(every=100)),
        "status": AccrualRule("per_money", "status", PerMoney(every=100, by_tier=False)),
        "stamps": AccrualRule("per_piece", "stamps", PerPiece(), lines=COFFEE),
        "cashback": AccrualRule("per_money", "wallet", PerMoney(every=20, by_tier=False), lines=BEANS),
        "next_time": AccrualRule("per_sale", "next_time", PerSale(), lines=CAKE),
        "cup": AccrualRule("per_sale", "cup", PerSale(), lines=BEANS),
    },
    rewards={
        "ten_off": RewardRule("amount_off", TEN_OFF, "points", 100, AmountOff(1000)),
        "free_coffee": RewardRule("gift", FREE_COFFEE, "stamps", 10, Gift("coffee")),
        "wallet": RewardRule("pay", _names("ארנק המועדון", "Club wallet", "محفظة النادي", "Кошелёк клуба"), "wallet", 1, Pay()),
        "birthday": RewardRule("amount_off", BIRTHDAY, "birthday", 1, AmountOff(2500)),
        "next_time": RewardRule("percent_off", COUPON, "next_time", 1, PercentOff(1500)),
        "cup": RewardRule("gift", CUP, "cup", 1, Gift("cup")),
        "round_up": RewardRule("round_up", ROUND_UP, settings=RoundUp(100, "trees")),
    },
    promotions={
        "half": PromotionRule("percent_off", HALF, PercentOff(5000), lines=CAKE),
        "cookie": PromotionRule("gift", COOKIE, Gift("cookie")),
    },
    tiers=Tiers(
        "status",
        (
            Tier("bronze", _names("ארד", "Bronze", "برونزي", "Бронза")),
            Tier("silver", _names("כסף", "Silver", "الفضة", "Серебро"), 500, 150),
            Tier("gold", _names("זהב", "Gold", "الذهب", "Золото"), 2000, 200),
        ),
    ),
    challenges={
        "ten_cups": Challenge(
            "per_piece", _names("עשר כוסות", "Ten cups", "عشرة أكواب", "Десять чашек"), 10, PerPiece(), lines=COFFEE,
            prize_unit="points", prize=100,
        ),
    },
    plans={"gold": Plan(_names("מנוי זהב", "Gold membership", "اشتراك ذهبي", "Золотая подписка"), "gold-plan", months=12)},
    pools={
        "winter": Pool(_names("הגרלת החורף", "Winter draw", "سحب الشتاء", "Зимний розыгрыш"), 10_000, 500, (Prize("points", 20),)),
    },
    causes={"trees": _names("נטיעת עצים", "planting trees", "زراعة الأشجار", "посадка деревьев")},
)  # fmt: skip

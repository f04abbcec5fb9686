"""An example of a receipt that has every part, in each language: to try layouts on, and to show what they print."""

from loyalty.document import Bar, Note, Receipt, Row, Title
from loyalty.program import Names
from loyalty.receipt import name_in

CLUB: Names = {"he": "מועדון קפה שקד", "en": "Shaked Coffee Club", "ar": "نادي قهوة شاكيد", "ru": "Клуб «Шакед»"}
MEMBER: Names = {"he": "חבר", "en": "Member", "ar": "عضو", "ru": "Участник"}
POINTS: Names = {"he": "נקודות", "en": "points", "ar": "نقاط", "ru": "баллы"}
STAMPS: Names = {"he": "ניקובים", "en": "stamps", "ar": "أختام", "ru": "штампы"}
CAKE: Names = {
    "he": "עוגה ב־50% (פרוסה)",
    "en": "Cake at 50% (a slice)",
    "ar": "كعكة بـ 50% (قطعة)",
    "ru": "Торт за 50% (кусок)",
}
COFFEE: Names = {"he": "קפה חינם", "en": "free coffee", "ar": "قهوة مجانية", "ru": "кофе бесплатно"}
TREES: Names = {"he": "נטיעת עצים", "en": "planting trees", "ar": "زراعة الأشجار", "ru": "посадка деревьев"}
SILVER: Names = {"he": "כסף", "en": "Silver", "ar": "الفضة", "ru": "Серебро"}
GOLD: Names = {"he": "זהב", "en": "Gold", "ar": "الذهب", "ru": "Золото"}
OFFER: Names = {"he": "25 ₪ ליום ההולדת", "en": "₪25 for the birthday", "ar": "25 ₪ لعيد الميلاد", "ru": "25 ₪ ко дню рождения"}
COUPON: Names = {
    "he": "15% בקנייה הבאה",
    "en": "15% on the next purchase",
    "ar": "15% في الشراء القادم",
    "ru": "15% на следующую покупку",
}
CUPS: Names = {"he": "עשר כוסות", "en": "Ten cups", "ar": "عشرة أكواب", "ru": "Десять чашек"}
DATE, NUMBER = "2026-03-05", "A-1001"


def example(language: str) -> Receipt:
    """A member's sale with all there is to say."""

    def said(names: Names) -> str:
        return name_in(names, language)

    points, stamps, last = {"unit": said(POINTS)}, {"unit": said(STAMPS)}, "2026-04-04"
    blocks = (
        Title("club", {"club": said(CLUB)}),
        Note("hello", {"name": said(MEMBER)}),
        Row("off", -1250, {"name": said(CAKE)}, money=True),
        Row("donated", 80, {"cause": said(TREES)}, money=True),
        Row("before", 1250, points),
        Row("earned", 84, points, signed=True),
        Row("spent", -100, points, signed=True),
        Row("balance", 1234, points, worth_minor=12340, strong=True),
        Bar("stamps", 8, 10, {"missing": 2, **stamps, "reward": said(COFFEE)}),
        Note("why_by_tier", {"pieces": 84, "paid_minor": 5600, "percent": 150, **points}),
        Note("why", {"pieces": 2, "paid_minor": 3600, **stamps}),
        Bar("next_tier", 65, 100, {"missing": 175, "tier": said(GOLD), **points}),
        Bar("challenge", 7, 10, {"name": said(CUPS), "have": 7, "goal": 10, "missing": 3}),
        Note("expires", {"pieces": 15, "date": "2026-03-31", **points}),
        Note("offer_until", {"reward": said(OFFER), "date": "2026-03-19"}),
        Note("coupon_until", {"count": 1, "unit": said(COUPON), "date": last}),
        Note("number", {"number": NUMBER, "date": DATE}),
    )
    facts: dict[str, int | str] = {
        "club": said(CLUB), "name": said(MEMBER), "tier": said(SILVER), "number": NUMBER, "date": DATE, "online": 1,
        "store": "allenby-12", "terminal": "till-1", "coupon": said(COUPON), "coupon_until": last,
        "before.points": 1250, "earned.points": 84, "spent.points": 100, "balance.points": 1234, "worth.points": 12340,
        "unit.points": said(POINTS), "balance.stamps": 8, "earned.stamps": 2, "unit.stamps": said(STAMPS),
    }  # fmt: skip
    return Receipt(language, "ILS", blocks, facts)

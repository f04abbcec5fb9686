"""The words: every code in four languages, clean numbers, and sentences that no name can turn around."""

import string
from pathlib import Path

import pytest
from babel import Locale
from hatchling.builders.wheel import WheelBuilder
from hypothesis import given
from hypothesis import strategies as st

from loyalty.conditions.time import HEBREW_MONTHS
from loyalty.layout import PARTS
from loyalty.moment import HOLIDAYS
from runtime import words
from runtime.words import LANGUAGES, MARKS, count, direction, hebrew_numeral, knows, money, say
from tests.runtime.codes import Source

ROOT = Path(__file__).resolve().parents[2]
PROMISED = {"receipt.worth"}
"""A code that the printers add to a row."""
SAID = tuple(Source().said())


def forms(language: str, code: str) -> tuple[str, list[str]]:
    """The counted parameter of `code` and all forms of its sentence."""
    sentences, counts = words._catalogue(language)
    texts = {sentences.ngettext(code, "", n) for n in range(200)} if counts[code] else {sentences.gettext(code)}
    return counts[code], sorted(texts)


def placeholders(text: str) -> set[str]:
    """The parameters that `text` asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def all_codes() -> list[str]:
    """Every code of the catalogues."""
    return sorted(words._catalogue("he")[1])


def test_the_walk_finds_what_the_source_says() -> None:
    """The collector sees refusals, trace steps and every kind of receipt block, and codes that are put together or passed on."""
    found = {said.code for said in SAID}

    assert {"refusal.code_expired", "trace.earned", "receipt.club", "receipt.balance", "receipt.offline"} <= found
    assert {"refusal.sabbath_during_only", "refusal.rest_outside_only", "refusal.other_terminal", "trace.spent"} <= found
    assert len(found) >= 80


def test_every_block_of_a_receipt_is_of_one_part_of_a_layout() -> None:
    """A code without a part would never be printed; one with two, twice."""
    blocks = {one.code.removeprefix("receipt.") for one in SAID if one.code.startswith("receipt.")}
    parts = [code for members in PARTS.values() for code in members]
    assert blocks <= set(parts)
    assert len(parts) == len(set(parts))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_source_has_a_sentence(language: str) -> None:
    """Whatever is said has a sentence in every language; a trace step may say a refusal's."""
    wanted = {said.code for said in SAID} | PROMISED
    own = {code for code in wanted if knows(language, code)}
    carried = {code for code in wanted - own if knows(language, code.replace("trace.", "refusal.", 1))}

    assert wanted - own - carried == set()
    assert carried == {"trace.other_currency", "trace.unknown_reward"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_have_the_same_codes_and_parameters(language: str) -> None:
    """A sentence asks for the same parameters in every language; only a form for a fixed count may leave the count out."""
    assert sorted(words._catalogue(language)[1]) == all_codes()
    for code in all_codes():
        counted, texts = forms(language, code)
        _, hebrew = forms("he", code)
        assert set().union(*map(placeholders, texts)) == set().union(*map(placeholders, hebrew)), code
        whole = set().union(*map(placeholders, texts))
        assert all(whole - placeholders(text) <= {counted} for text in texts), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_asks_for_what_is_not_given(language: str) -> None:
    """Where the domain's parameters are literal, a sentence uses none but them."""
    for code, names in SAID:
        if names is not None and knows(language, code):
            _, texts = forms(language, code)
            assert all(placeholders(text) <= names for text in texts), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_rule_is_that_of_cldr(language: str) -> None:
    """The file's Plural-Forms line puts numbers together exactly as CLDR does, and each group has its form."""
    sentences, _ = words._catalogue(language)
    rule = Locale.parse(language).plural_form
    groups: dict[int, set[str]] = {}
    for n in range(1000):
        groups.setdefault(sentences.plural(n), set()).add(rule(n))

    assert all(len(names) == 1 for names in groups.values())
    assert len(groups) == len(set().union(*groups.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cashier_reads_at_most_twelve_words(language: str) -> None:
    """A refusal, an error or a step of the trace is at most twelve words and ends as a sentence."""
    for code in all_codes():
        if code.startswith(("refusal.", "error.", "trace.")):
            for text in forms(language, code)[1]:
                assert len(text.split()) <= 12, text
                assert text.endswith("."), text


def test_no_sentence_is_left_in_another_script() -> None:
    """Hebrew, Arabic and Russian sentences hold letters of their own script and no Latin ones."""
    for language, letter in (("he", "א-ת"), ("ar", "ء-ي"), ("ru", "А-я")):
        low, high = letter[0], letter[-1]
        for code in all_codes():
            for text in forms(language, code)[1]:
                own = [c for c in "".join(p for p, *_ in string.Formatter().parse(text)) if c.isalpha()]
                assert not any("a" <= c.lower() <= "z" for c in own), text
                assert not own or any(low <= c <= high for c in own), text


def test_counted_sentences() -> None:
    """One, two and many have their own words."""
    said = [say("he", "trace.offered", {"times_max": n, "cost": 100, "unit": "נקודות"}) for n in (1, 2, 5)]
    russian = [say("ru", "trace.offered", {"times_max": n, "cost": 100, "unit": "баллы"}) for n in (1, 2, 5, 21)]

    assert [text.split(",")[0] for text in said] == ["אפשר לממש פעם אחת", "אפשר לממש פעמיים", "אפשר לממש 5 פעמים"]
    assert [text.split(".")[0] for text in russian] == [
        "Доступно 1 раз",
        "Доступно 2 раза",
        "Доступно 5 раз",
        "Доступно 21 раз",
    ]


def test_a_trace_step_says_its_refusals_sentence() -> None:
    """A trace code without a sentence of its own falls back to the refusal's."""
    params = {"missing_minor": 250}

    assert say("en", "trace.basket_too_small", params) == say("en", "refusal.basket_too_small", params)


@pytest.mark.parametrize("code", ["refusal.no_such_thing", "trace.no_such_thing", "nonsense"])
def test_an_unknown_code_is_a_bug(code: str) -> None:
    """A code without a sentence raises, naming itself."""
    with pytest.raises(KeyError, match=code.rpartition(".")[2]):
        say("he", code)


def test_a_missing_parameter_is_a_bug() -> None:
    """A sentence is never said with a hole in it."""
    with pytest.raises(KeyError, match="unit"):
        say("he", "receipt.earned")


@pytest.mark.parametrize(
    ("language", "amount", "currency", "said"),
    [
        ("he", 1250, "ILS", "₪12.50"),
        ("he", 123450, "ILS", "₪1,234.50"),
        ("he", -5, "ILS", "-₪0.05"),
        ("ar", 1250, "ILS", "₪12.50"),
        ("en", 1250, "ILS", "₪12.50"),
        ("ru", 123450, "ILS", "1 234,50 ₪"),
        ("en", 1250, "USD", "$12.50"),
        ("en", 1250, "JPY", "¥1,250"),
    ],
)
def test_money_is_clean(language: str, amount: int, currency: str, said: str) -> None:
    """Money has the sign where the language puts it and nothing invisible."""
    assert money(language, amount, currency) == said


@given(st.sampled_from(LANGUAGES), st.integers(-(10**12), 10**12))
def test_no_number_holds_anything_invisible(language: str, number: int) -> None:
    """Counts and money hold no direction mark and no hard space, whatever the number."""
    for text in (money(language, number), count(language, number, signed=True)):
        assert not MARKS.search(text)
        assert "\u00a0" not in text
        assert "\u202f" not in text


def test_counts() -> None:
    """A count has its language's thousands; only a signed one shows the plus, and zero never does."""
    assert count("he", 1250) == "1,250"
    assert count("ru", 1250) == "1 250"
    assert [count("he", n, signed=True) for n in (12, 0, -12)] == ["+12", "0", "-12"]


def test_dates_and_quantities() -> None:
    """Dates and thousandths are written as the language does; a till's own idea of a date is shown as it is."""
    number = {"number": "1001", "date": "2026-03-05"}

    assert say("he", "receipt.number", number) == "קבלה 1001 · 5.3.2026"
    assert say("en", "receipt.number", number) == "Receipt 1001 · Mar 5, 2026"
    assert say("en", "receipt.number", {"number": "1", "date": "whenever!!"}) == "Receipt 1 · whenever!!"
    assert "0.75" in say("en", "refusal.returned_more_than_sold", {"line": "1", "left_milli": 750})


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("other_weekday", {"weekdays": "mon"}, ["רק ביום שני.", "Only on Monday.", "فقط يوم الاثنين.", "понедельник"]),
        (
            "other_weekday",
            {"weekdays": "sun, sat"},
            ["יום ראשון או יום שבת", "Sunday or Saturday", "الأحد أو السبت", "или суббота"],
        ),
        ("other_hour", {"hours": "18:00-22:00"}, ["מ־18:00 עד 22:00", "from 18:00 to 22:00", "من 18:00", "с 18:00 до 22:00"]),
        (
            "other_hebrew_date",
            {"dates": "25 kislev - 2 tevet"},
            ["מכ״ה בכסלו עד ב׳ בטבת", "25 Kislev to 2 Tevet", "كسليف", "тевета"],
        ),
        ("other_hebrew_date", {"dates": "15 shevat - 15 shevat"}, ["רק בט״ו בשבט.", "Only on 15 Shevat.", "شباط", "15 швата"]),
        (
            "no_holiday",
            {"holidays": "purim, hanukkah"},
            ["פורים או חנוכה", "Purim or Hanukkah", "بوريم أو حانوكا", "Пурим или Ханука"],
        ),
        ("no_occasion", {"occasions": "birthday"}, ["יום ההולדת", "birthday", "عيد الميلاد", "день рождения"]),
        ("tender_needed", {"tenders": "cash, bit"}, ["מזומן או bit", "cash or bit", "نقد أو bit", "наличные или bit"]),
        ("other_channel", {"places": "app"}, ["האפליקציה", "the app", "التطبيق", "приложение"]),
        ("other_visit", {"visits": "3, 5"}, ["3 או 5", "3 or 5", "3 أو 5", "3 или 5"]),
        ("not_yet", {"date": "2026-12-01"}, ["1.12.2026", "Dec 1, 2026", "1/12/2026", "01.12.2026"]),
    ],
)
def test_codes_are_said_by_name(code: str, params: dict[str, str], said: list[str]) -> None:
    """Days, hours, months, holidays and ways of paying have names in every language."""
    for language, wanted in zip(LANGUAGES, said, strict=True):
        sentence = say(language, f"refusal.{code}", params)
        assert wanted in sentence.replace("\u2068", "").replace("\u2069", ""), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_a_program_may_ask_for_has_a_name(language: str) -> None:
    """Every holiday and every Hebrew month."""
    assert [code for code in HOLIDAYS if not knows(language, f"holiday.{code}")] == []
    assert [code for code in HEBREW_MONTHS if not knows(language, f"month.{code}")] == []


def test_hebrew_days_are_letters() -> None:
    """One to thirty; fifteen and sixteen avoid the Name."""
    said = [hebrew_numeral(day) for day in (1, 9, 10, 11, 15, 16, 17, 20, 29, 30)]

    assert said == ["א׳", "ט׳", "י׳", "י״א", "ט״ו", "ט״ז", "י״ז", "כ׳", "כ״ט", "ל׳"]


def test_directions() -> None:
    """Hebrew and Arabic are read from the right."""
    assert {language: direction(language) for language in LANGUAGES} == {"he": "rtl", "en": "ltr", "ar": "rtl", "ru": "ltr"}


def test_a_name_that_runs_against_the_sentence_is_isolated() -> None:
    """A Latin name in a Hebrew sentence is isolated, a Hebrew one is not, and a number needs it only with a sign."""
    assert say("he", "receipt.hello", {"name": "Member (5%)"}) == "שלום \u2068Member (5%)\u2069"
    assert say("he", "receipt.hello", {"name": "חברה"}) == "שלום חברה"
    assert say("en", "receipt.hello", {"name": "חברה"}) == "Hello \u2068חברה\u2069"
    assert "\u2068₪5.00\u2069" in say("he", "refusal.basket_too_small", {"missing_minor": 500})


def test_a_unit_that_opens_a_sentence_is_capital_and_a_name_is_left_alone() -> None:
    """ "points" becomes "Points" at the start; a club that writes itself small stays small."""
    assert say("en", "receipt.earned", {"unit": "points"}) == "Points earned"
    assert say("en", "receipt.club", {"club": "iCafe"}) == "iCafe"


@given(st.sampled_from(LANGUAGES), st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_name_can_steer_the_sentence(language: str, name: str) -> None:
    """Whatever a name holds, isolates stay balanced, no other mark remains and the sentence stays on one line."""
    said = say(language, "receipt.hello", {"name": name})

    assert said.count("\u2068") == said.count("\u2069") <= 1
    assert set(MARKS.findall(said)) <= {"\u2068", "\u2069"}
    assert len(said.splitlines()) == 1


def test_the_wheel_carries_the_catalogues() -> None:
    """What is installed has the sentences too."""
    builder = WheelBuilder(str(ROOT))
    carried = {Path(file.distribution_path).as_posix() for file in builder.recurse_included_files()}

    assert {f"runtime/locales/{language}.po" for language in LANGUAGES} <= carried

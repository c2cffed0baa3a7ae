"""Every skill on at least five inputs, and on inputs that are not of its kind."""

from __future__ import annotations

import pytest

from promptci.models.offline.labels import wanted
from promptci.models.offline.plan import NAMED, plan
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.base import Wanted

CASES: dict[str, dict[str, str]] = {
    "first_letter": {"apple": "a", "Zebra": "Z", '"moon"': "m", "éclair": "é", "x-ray": "x"},
    "second_letter": {"apple": "p", "Zebra": "e", "moon": "o", "ox": "x", "school.": "c"},
    "last_letter": {"apple": "e", "Zebra": "a", "moon": "n", "ox": "x", "school": "l"},
    "letters_list": {"cat": "c a t", "Moon": "M o o n", "a": "a", "x-ray": "x - r a y", "über": "ü b e r"},
    "starts_with": {
        "The big bear bought bread. [b]": "big bear bought bread",
        "Anna ate an apple. [a]": "anna ate an apple",
        "Nothing here. [z]": "none",
        "Six silly geese [g]": "geese",
        "We went west (w)": "we went west",
    },
    "sum": {"3 4": "7", "10, 20": "30", "-5 and 2": "-3", "1.5 2.5": "4", "100 1 1": "102"},
    "difference": {"9 4": "5", "4, 9": "-5", "100 and 1": "99", "2.5 0.5": "2", "0 7": "-7"},
    "product": {"3 4": "12", "7, 0": "0", "-2 and 5": "-10", "1.5 2": "3", "12 12": "144"},
    "number_to_words": {
        "7": "seven",
        "42": "forty-two",
        "305": "three hundred and five",
        "1,200": "one thousand, two hundred",
        "2007": "two thousand and seven",
        "1000000": "one million",
        "-15": "minus fifteen",
        "0": "zero",
    },
    "plural": {"cat": "cats", "box": "boxes", "city": "cities", "boy": "boys", "child": "children", "crisis": "crises"},
    "antonym": {"hot": "cold", "unhappy": "happy", "slowly": "quickly", "careful": "careless", "legal": "illegal"},
    "negation": {
        "Birds can fly.": "Birds cannot fly.",
        "The sky is blue.": "The sky is not blue.",
        "She is not late today.": "She is late today.",
        "He plays chess.": "He does not play chess.",
        "They walked home.": "They did not walk home.",
        "Mary went to Rome.": "Mary did not go to Rome.",
        "Cats like milk.": "Cats do not like milk.",
    },
    "passive": {
        "The cat chased the mouse.": "The mouse was chased by the cat.",
        "The teacher praised the students.": "The students were praised by the teacher.",
        "Anna wrote a letter.": "A letter was written by Anna.",
        "The dogs found the bone.": "The bone was found by the dogs.",
        "The judge thanked the lawyers.": "The lawyers were thanked by the judge.",
    },
    "larger_animal": {
        "ant, elephant": "elephant",
        "cow or mouse": "cow",
        "blue whale, shark": "blue whale",
        "cat, horse": "horse",
        "a bee and a robin": "robin",
    },
    "animals_in_list": {
        "cat, table, dog": "cat, dog",
        "spoon, horse, car, bee": "horse, bee",
        "lion, tiger, rock": "lion, tiger",
        "whale, pen": "whale",
        "book, frog, tree, owl": "frog, owl",
    },
    "amount": {
        "You owe us $1,250.00 by Friday.": "1250.00",
        "It costs 20 euros.": "20",
        "Paid: €7": "7",
        "The fee is 12.50": "12.50",
        "GBP 300 was sent": "300",
    },
    "date": {
        "Due on 2024-03-05.": "2024-03-05",
        "We met on 5 March 2024 in Rome.": "5 March 2024",
        "By March 5, 2024 at the latest": "March 5, 2024",
        "Invoice of 13/04/2023": "13/04/2023",
        "on the 1st of May 2020": "1st of May 2020",
    },
    "email": {
        "Write to anna@example.org.": "anna@example.org",
        "My address: b.c+d@mail.example.co.uk, thanks": "b.c+d@mail.example.co.uk",
        "<x_y@a-b.io>": "x_y@a-b.io",
        "mailto:joe@example.com": "joe@example.com",
        "one@a.de or two@b.de": "one@a.de",
    },
    "order_number": {
        "Where is order #12345?": "12345",
        "my order number is AB-9921": "AB-9921",
        "Order no. 777123 is late": "777123",
        "Booking 55012 please": "55012",
        "re: #A1234": "A1234",
    },
    "phone": {
        "Call +49 30 1234567 now": "+49 30 1234567",
        "(0)20 7946 0958 is ours": "0)20 7946 0958",
        "555-123-4567": "555-123-4567",
        "tel 030/1234567": "030/1234567",
        "My number is 0171 2345678.": "0171 2345678",
    },
    "sentiment": {
        "A wonderful, moving film.": "positive",
        "Dull and pointless.": "negative",
        "Not good at all.": "negative",
        "I loved every minute of it!": "positive",
        "The worst meal that I ever had.": "negative",
        "It looked boring, but it was brilliant.": "positive",
    },
    "routing": {
        "I was charged twice.": "billing",
        "The app crashes at start.": "technical",
        "I forgot my password.": "account",
        "My parcel is late.": "shipping",
        "Do you have open jobs?": "other",
    },
}
QUEUES = ("billing", "technical", "account", "shipping", "other")
STRANGERS = {
    "second_letter": "a",
    "letters_list": "two words",
    "starts_with": "no letter is named",
    "sum": "7",
    "difference": "1 2 3",
    "product": "none",
    "number_to_words": "seven",
    "plural": "two words",
    "antonym": "a whole sentence",
    "negation": "No verb",
    "passive": "Hello!",
    "larger_animal": "table, chair",
    "animals_in_list": "table, chair",
    "amount": "no money",
    "date": "31/02",
    "email": "a at b",
    "order_number": "no number",
    "phone": "12",
    "sentiment": "12 13",
}


@pytest.mark.parametrize(
    ("skill", "given", "expected"), [(name, given, out) for name, rows in CASES.items() for given, out in rows.items()]
)
def test_a_skill_answers(skill: str, given: str, expected: str) -> None:
    says = Wanted(labels=QUEUES) if skill == "routing" else Wanted()
    assert SKILLS[skill].apply(given, says) == expected


def test_every_skill_has_five_cases_and_the_issue_gets_its_twelve() -> None:
    assert set(CASES) == set(SKILLS)
    assert all(len(rows) >= 5 for rows in CASES.values())
    assert len(SKILLS) >= 12


@pytest.mark.parametrize(("skill", "given"), STRANGERS.items())
def test_a_skill_leaves_an_input_of_another_kind(skill: str, given: str) -> None:
    assert SKILLS[skill].apply(given, Wanted()) is None


@pytest.mark.parametrize(
    ("skill", "phrase"), [(name, phrase) for name, skill in SKILLS.items() for phrase in skill.phrases[:1]]
)
def test_a_skill_is_found_by_its_own_clearest_phrase(skill: str, phrase: str) -> None:
    best, weight = plan(phrase).ranked[0]
    assert best.name == skill
    assert weight >= NAMED


@pytest.mark.parametrize(
    ("instruction", "given", "expected"),
    [
        ("Write the date as YYYY-MM-DD.", "Due on 5 March 2024", "2024-03-05"),
        ("Write the date as DD/MM/YYYY.", "Due on March 5, 2024", "05/03/2024"),
        ("Write the date in ISO 8601.", "on 31/12/2023", "2023-12-31"),
        ("Write the date in ISO form.", "on 31/02/2023", "31/02/2023"),
    ],
)
def test_dates_come_in_the_form_asked_for(instruction: str, given: str, expected: str) -> None:
    assert SKILLS["date"].apply(given, wanted(instruction)) == expected


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Write the amount.", "10"),
        ("Write the total amount due.", "35.5"),
        ("Write the largest amount.", "80"),
        ("Write the total amount with two decimals.", "35.50"),
    ],
)
def test_of_several_amounts_the_one_asked_for(instruction: str, expected: str) -> None:
    text = "Fee $10, deposit $80, total $35.5"
    assert SKILLS["amount"].apply(text, wanted(instruction)) == expected


def test_other_readings_of_a_task() -> None:
    assert SKILLS["larger_animal"].apply("ant, cow", Wanted(low="write the smaller animal")) == "ant"
    assert SKILLS["difference"].apply("2 9", Wanted(low="subtract the first number from the second")) == "7"
    assert SKILLS["letters_list"].apply("cat", Wanted(low="letters separated by commas")) == "c, a, t"
    assert SKILLS["starts_with"].apply("Big boys run", Wanted(low="words starting with the letter b")) == "big boys"
    assert SKILLS["sentiment"].apply("It is a table.", Wanted(labels=("good", "bad", "neutral"))) == "neutral"
    assert SKILLS["sentiment"].apply("Great!", Wanted(labels=("Bad", "Good"))) == "Good"

"""Verdict on an A/B test: situations with what it says of them."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from reports.campaigns.ab_figures import Counts, Metric, Outcome, Variant
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_texts import notes, points_text
from reports.campaigns.ab_verdict import is_mature, verdict

START = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
FINLAND = ("FI", "fi.elisa")
SWEDEN = ("SE", "se.telia")


def variant(name: str, delivered: int, messages: int, **others) -> Variant:
    """A variant whose messages are all old enough; `in_time` of them arrived in time, as a rule all delivered ones."""
    in_time = others.pop("in_time", delivered)
    aged = others.pop("aged", messages)
    places = {FINLAND: Counts(messages=messages, delivered=delivered, aged=aged, in_time=in_time)}
    return Variant(
        **{"name": name, "places": places, "first": START, "last": START + timedelta(minutes=5), "is_mature": True}
        | others
    )


def at(place, delivered: int, messages: int) -> dict:
    return {place: Counts(messages=messages, delivered=delivered, aged=messages, in_time=delivered)}


A, B = variant("A", 899, 1003), variant("B", 972, 1006)
SIMPSON = [
    variant("A", 0, 0, places=at(FINLAND, 950, 1000) | at(SWEDEN, 5, 10)),
    variant("B", 0, 0, places=at(FINLAND, 95, 100) | at(SWEDEN, 450, 900)),
]
APART = [
    variant("A", 0, 0, places=at(FINLAND, 900, 1000)),
    variant("B", 0, 0, places=at(SWEDEN, 980, 1000)),
]

SITUATIONS = {
    "the example of a clear winner": (
        {"variants": [A, B]},
        Outcome.WINNER,
        "B reached 96.6 % of its recipients, 4.8 to 9.2 points more than A; with 2,009 messages that is no accident.",
        "B tavoitti 96,6 % vastaanottajistaan, 4,8–9,2 prosenttiyksikköä enemmän kuin A; 2 009 viestillä se ei ole"
        " sattumaa.",
    ),
    "no sure difference": (
        {"variants": [variant("A", 901, 1000), variant("B", 910, 1000)]},
        Outcome.OPEN,
        "No sure difference: B reached 91.0 % of its recipients and A 90.1 %, which may be chance with 2,000 messages."
        " The true difference is between 1.7 points less and 3.5 points more.",
        "Ei varmaa eroa: B tavoitti 91,0 % vastaanottajistaan ja A 90,1 %, mikä voi 2 000 viestillä olla "
        "sattumaa. Todellinen ero on jotain välillä 1,7 prosenttiyksikköä vähemmän ja 3,5 prosenttiyksikköä "
        "enemmän.",
    ),
    "faster, with as many delivered": (
        {
            "variants": [variant("A", 950, 1000, in_time=700), variant("B", 950, 1000, in_time=800)],
            "metric": Metric.WITHIN,
            "within": 30,
        },
        Outcome.WINNER,
        "B reached 80.0 % of its recipients within 30 s, 6.2 to 13.7 points more than A; with 2,000 messages "
        "that is no accident.",
        "B tavoitti 80,0 % vastaanottajistaan ajassa 30 s, 6,2–13,7 prosenttiyksikköä enemmän kuin A; 2 000 "
        "viestillä se ei ole sattumaa.",
    ),
    "too few": (
        {"variants": [variant("A", 20, 29), variant("B", 100, 100)]},
        Outcome.FEW,
        "Not enough yet: a comparison needs 30 messages of each of two variants. So far: A 29, B 100.",
        "Ei vielä tarpeeksi: vertailuun tarvitaan kahdesta versiosta kummastakin 30 viestiä. Tähän mennessä: "
        "A 29, B 100.",
    ),
    "one variant": (
        {"variants": [A]},
        Outcome.ONE,
        "A is the only variant, so there is nothing to compare it with.",
        "A on ainoa versio, joten sitä ei voi verrata mihinkään.",
    ),
    "no variant": (
        {"variants": []},
        Outcome.NONE,
        "No message of this campaign has a variant yet, so there is nothing to compare.",
        "Yhdelläkään tämän kampanjan viestillä ei ole vielä versiota, joten verrattavaa ei ole.",
    ),
    "a split that is not the planned one": (
        {"variants": [variant("A", 900, 1000), variant("B", 1150, 1200)], "planned": [1, 1]},
        Outcome.SPLIT,
        "No conclusion is possible, because the messages are not split as planned. Find out why before you compare the"
        " rates.",
        "Johtopäätöstä ei voi tehdä, koska viestit eivät jakaudu suunnitellusti. Selvitä syy, ennen kuin "
        "vertaat osuuksia.",
    ),
    "a split as planned": (
        {"variants": [variant("A", 900, 1000), variant("B", 1940, 2000)], "planned": [1, 2]},
        Outcome.WINNER,
        "B reached 97.0 % of its recipients, 5.1 to 9.1 points more than A; with 3,000 messages that is no accident.",
        "B tavoitti 97,0 % vastaanottajistaan, 5,1–9,1 prosenttiyksikköä enemmän kuin A; 3 000 viestillä se "
        "ei ole sattumaa.",
    ),
    "a winner while it runs": (
        {
            "variants": [
                variant("A", 0, 3000, aged=2500, in_time=2200, is_mature=False),
                variant("B", 0, 3000, aged=2500, in_time=2400, is_mature=False),
            ],
        },
        Outcome.WINNER,
        "So far B reached 96.0 % of its recipients within 1 min, 5.7 to 10.3 points more than A; with 5,000 "
        "messages that is no accident, however often you look.",
        "Tähän mennessä B on tavoittanut 96,0 % vastaanottajistaan ajassa 1 min, 5,7–10,3 prosenttiyksikköä "
        "enemmän kuin A; 5 000 viestillä se ei ole sattumaa, katsoipa tulosta kuinka usein tahansa.",
    ),
    "a difference that one look would find is open while it runs": (
        {
            "variants": [
                variant("A", 0, 1000, aged=1000, in_time=900, is_mature=False),
                variant("B", 0, 1000, aged=1000, in_time=930, is_mature=False),
            ],
        },
        Outcome.OPEN,
        "No sure difference yet: within 1 min B reached 93.0 % of its recipients and A 90.0 %. With 2,000 "
        "messages so far, the true difference is between 0.9 points less and 6.9 points more.",
        "Ei vielä varmaa eroa: ajassa 1 min B on tavoittanut 93,0 % vastaanottajistaan ja A 90,0 %. "
        "Tähänastisten 2 000 viestin perusteella todellinen ero on jotain välillä 0,9 prosenttiyksikköä "
        "vähemmän ja 6,9 prosenttiyksikköä enemmän.",
    ),
    "the best of three": (
        {"variants": [variant("A", 800, 1000), variant("B", 960, 1000), variant("C", 850, 1000)]},
        Outcome.WINNER,
        "B reached 96.0 % of its recipients, 8.5 to 13.6 points more than C; with 2,000 messages that is no accident."
        " It is above every other variant, too.",
        "B tavoitti 96,0 % vastaanottajistaan, 8,5–13,6 prosenttiyksikköä enemmän kuin C; 2 000 viestillä se ei ole"
        " sattumaa. Se on myös kaikkia muita versioita parempi.",
    ),
    "two of three are near": (
        {"variants": [variant("A", 800, 1000), variant("B", 960, 1000), variant("C", 955, 1000)]},
        Outcome.BEHIND,
        "B reached the most of its recipients, 96.0 %. Surely less: A. The difference from C may be chance.",
        "B tavoitti vastaanottajistaan suurimman osan, 96,0 %. Varmasti vähemmän: A. Ero seuraaviin voi olla "
        "sattumaa: C.",
    ),
    "the mix explains it": (
        {"variants": SIMPSON},
        Outcome.MIXED,
        "A reached more of its recipients than B, but they went to different countries or operators, which "
        "may be why: among the same ones the difference is between 5.1 points less and 5.1 points more.",
        "A tavoitti vastaanottajistaan suuremman osan kuin B, mutta ne menivät eri maihin tai "
        "operaattoreille, mikä voi olla syynä: samoissa maissa ja operaattoreilla ero on jotain välillä 5,1 "
        "prosenttiyksikköä vähemmän ja 5,1 prosenttiyksikköä enemmän.",
    ),
    "the mix turns it round": (
        {
            "variants": [
                variant("A", 0, 0, places=at(FINLAND, 9000, 10000) | at(SWEDEN, 400, 1000)),
                variant("B", 0, 0, places=at(FINLAND, 950, 1000) | at(SWEDEN, 4500, 10000)),
            ]
        },
        Outcome.MIXED,
        "A reached more of its recipients than B, but only because they went to different countries or operators:"
        " among the same ones A reached 3.2 to 6.8 points less.",
        "A tavoitti vastaanottajistaan suuremman osan kuin B, mutta vain koska ne menivät eri maihin tai "
        "operaattoreille: samoissa maissa ja operaattoreilla A tavoitti 3,2–6,8 prosenttiyksikköä vähemmän.",
    ),
    "the variants went to places of their own": (
        {"variants": APART},
        Outcome.MIXED,
        "B reached more of its recipients than A, but they went to different countries or operators, which may be why:"
        " too few messages of both went to the same ones to compare them there.",
        "B tavoitti vastaanottajistaan suuremman osan kuin A, mutta ne menivät eri maihin tai operaattoreille, mikä voi"
        " olla syynä: samoihin maihin ja operaattoreille meni kummankin viestejä liian vähän vertailuun.",
    ),
    "the variants go to different places while it runs": (
        {"variants": [replace(one, is_mature=False) for one in APART]},
        Outcome.MIXED,
        "So far B reached more of its recipients within 1 min than A, but the variants go to different countries or"
        " operators, which may be why. Nothing is concluded while the test runs.",
        "Tähän mennessä B on tavoittanut ajassa 1 min vastaanottajistaan suuremman osan kuin A, mutta versiot menevät"
        " eri maihin tai operaattoreille, mikä voi olla syynä. Johtopäätöksiä ei tehdä, kun testi on kesken.",
    ),
    "a difference above 0 that the exact test does not find": (
        {"variants": [variant("A", 0, 100), variant("B", 5, 100)]},
        Outcome.OPEN,
        "No sure difference: B reached 5.0 % of its recipients and A 0.0 %, which may be chance with 200 messages. The"
        " true difference is between 0.3 and 11.2 points more. By its p-value of 0.059, that is not sure.",
        "Ei varmaa eroa: B tavoitti 5,0 % vastaanottajistaan ja A 0,0 %, mikä voi 200 viestillä olla sattumaa."
        " Todellinen ero on jotain välillä 0,3–11,2 prosenttiyksikköä enemmän. P-arvon (0,059) perusteella se ei ole"
        " varmaa.",
    ),
}


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("situation", SITUATIONS)
def test_headline_of_a_situation(situation):
    given, outcome, english, finnish = SITUATIONS[situation]
    found = verdict(**given)
    assert found.outcome == outcome
    with translation.override("en"):
        assert plain(headline(found)) == english
    if finnish:
        with translation.override("fi"):
            assert plain(headline(found)) == finnish


def noted(**given) -> list[str]:
    with translation.override("en"):
        found = verdict(**given)
        return [plain(note) for note in notes(found, planned=given.get("planned"), tz="Europe/Helsinki")]


NOT_CHECKED = "The split is not checked, because no planned one is given."
RUNNING = (
    "Late reports may still change the rates. Until then a message counts as reached if it was delivered within 1 min,"
    " and only messages at least that old are counted."
)


def test_notes_of_a_plain_test_ask_for_the_split():
    assert noted(variants=[A, B]) == [NOT_CHECKED]
    assert noted(variants=[A, B], planned=[1, 1]) == []
    assert noted(variants=[A]) == []


def test_note_on_a_wrong_split_has_plan_and_counts():
    assert noted(variants=[variant("A", 900, 1000), variant("B", 1150, 1200)], planned=[1, 1]) == [
        "Planned were 50.0 % : 50.0 %, but the messages are A 1,000, B 1,200. A random split is hardly ever that far"
        " off, so something favours a variant: in sending, in the reports, or in the refIds."
    ]


def test_note_on_starts_more_than_an_hour_apart():
    late = variant("B", 972, 1006, first=START + timedelta(hours=1, minutes=1))
    assert noted(variants=[A, late], planned=[1, 1]) == [
        "The variants were not sent at the same time, so the hour may explain a difference: A 5 Oct 2026, 11:00,"
        " B 5 Oct 2026, 12:01."
    ]
    assert noted(variants=[A, variant("B", 972, 1006, first=START + timedelta(hours=1))], planned=[1, 1]) == []


def test_notes_while_it_runs():
    running = [variant("A", 900, 1000), variant("B", 972, 1006, is_mature=False)]
    assert noted(variants=running, planned=[1, 1]) == [RUNNING]


def test_split_of_variants_sent_one_after_the_other_is_judged_when_sending_is_over():
    late = START + timedelta(hours=5)
    running = [variant("A", 900, 1000), variant("B", 99, 100, first=late, last=late, is_mature=False)]
    assert verdict(running, planned=[1, 1]).guards.split_p is None
    assert noted(variants=running, planned=[1, 1])[-1] == (
        "The split is not checked yet, because the variants were not sent at the same time."
    )
    over = [variant("A", 900, 1000), variant("B", 99, 100, first=late, last=late)]
    assert verdict(over, planned=[1, 1]).outcome == Outcome.SPLIT


def test_split_while_it_runs_is_judged_for_many_looks():
    # Chi-square would raise the alarm: its p-value is 0.0004.
    running = [variant("A", 900, 1000, is_mature=False), variant("B", 1000, 1165, is_mature=False)]
    found = verdict(running, planned=[1, 1])
    assert found.guards.split_p > 0.001
    assert found.outcome != Outcome.SPLIT
    assert verdict([variant("A", 900, 1000), variant("B", 1000, 1165)], planned=[1, 1]).outcome == Outcome.SPLIT


def test_notes_on_few_and_on_several():
    variants = [A, B, variant("C", 5, 10), variant("D", 800, 1000)]
    assert noted(variants=variants) == [
        "C is not compared: it has fewer than 30 messages.",
        "The p-values are adjusted for 3 comparisons (Holm).",
        NOT_CHECKED,
    ]


def test_note_on_another_mix():
    assert noted(variants=SIMPSON, planned=[1010, 1000])[0] == (
        "The variants went to countries or operators in different shares, which may explain a difference. The table of"
        " differences shows it among the same ones, too."
    )


def test_note_on_places_of_their_own_promises_no_figures():
    mix = "The variants went to countries or operators in different shares, which may explain a difference."
    apart = f"{mix} Too few of both went to the same ones to compare them there."
    assert noted(variants=APART, planned=[1, 1]) == [apart]
    third = variant("C", 0, 0, places=at(FINLAND, 700, 1000))
    assert noted(variants=[*APART, third], planned=[1, 1, 1])[0] == (
        f"{mix} The table of differences shows it among the same ones, too, except for variants of which too few went"
        " there."
    )
    assert noted(variants=[replace(one, is_mature=False) for one in APART], planned=[1, 1])[0] == (
        f"{mix} So no variant is called better while the test runs. When the rates are final, the difference is shown"
        " among the same ones, too, if enough of both went there."
    )
    with translation.override("fi"):
        found = [notes(verdict(given), planned=None, tz="UTC")[0] for given in (APART, [*APART, third])]
    assert [text.partition(". ")[2] for text in found] == [
        "Samoihin maihin ja operaattoreille meni kumpaakin liian vähän vertailuun.",
        "Erojen taulukko näyttää eron myös samojen maiden ja operaattoreiden kesken, paitsi versioista, joita sinne"
        " meni liian vähän.",
    ]


def test_a_place_with_few_of_both_is_none_to_compare():
    # One of one against none of one: Sato's variance is 0 there, which would make the difference sure.
    few = (Counts(messages=1, delivered=one) for one in (0, 1))
    apart = [
        replace(one, places={**one.places, ("NO", "no.telia"): here}) for one, here in zip(APART, few, strict=True)
    ]
    found = verdict(apart)
    assert (found.outcome, found.pairs[0].stratified, found.pairs[0].is_apart) == (Outcome.MIXED, None, True)


def test_pairs_have_all_figures():
    [pair] = verdict([A, B]).pairs
    assert (pair.better, pair.other, pair.messages) == ("B", "A", 2009)
    assert pair.difference == pytest.approx(0.0698919, abs=1e-6)
    assert pair.p_value == pytest.approx(5.9096e-10, rel=1e-4)
    assert pair.win > 0.999999
    assert pair.loss < 1e-9
    assert pair.loss_of_other == pytest.approx(pair.difference, abs=2e-4)
    assert pair.least_found == pytest.approx(0.0313, abs=5e-4)
    assert not pair.is_exact
    assert pair.stratified is None


def test_pairs_while_it_runs_have_no_figures_for_one_look():
    [pair] = verdict([variant("A", 900, 1000), variant("B", 972, 1006, is_mature=False)]).pairs
    assert (pair.win, pair.loss, pair.loss_of_other, pair.stratified) == (None, None, None, None)


def test_holm_is_applied_to_the_pairs():
    three = [variant("A", 900, 1000), variant("B", 926, 1000), variant("C", 900, 1000)]
    [first, *_rest] = verdict(three).pairs
    [alone] = verdict(three[:2]).pairs
    assert alone.is_sure
    assert first.p_value == pytest.approx(3 * alone.p_value)
    assert not first.is_sure


def test_few_rare_failures_are_tested_exactly():
    [pair] = verdict([variant("A", 990, 1000), variant("B", 997, 1000)]).pairs
    assert pair.is_exact


def test_planned_split_of_other_variants_is_refused():
    with pytest.raises(ValueError, match="3 weights for 2 variants"):
        verdict([A, B], planned=[1, 1, 1])


def test_pending_messages_of_a_later_variant_do_not_make_it_worse():
    # A is done; B has just been sent and nearly all is pending, but what is old enough was as fast.
    later = variant("B", 120, 2000, aged=130, in_time=118, is_mature=False)
    found = verdict([variant("A", 1800, 2000), later])
    assert found.outcome == Outcome.OPEN
    assert [one.n for one in found.rates] == [2000, 130]


@pytest.mark.parametrize(
    ("hours", "final", "mature"),
    [(1, 1000, False), (23, 1000, False), (24, 1000, True), (24, 994, False), (71, 994, False), (72, 500, True)],
)
def test_variant_is_mature_after_the_grace_or_a_quiet_day_with_nearly_all_final(hours, final, mature):
    now = START + timedelta(hours=hours)
    found = is_mature(last=START, final=final, messages=1000, now=now, grace=timedelta(hours=72))
    assert found is mature


def test_variant_without_stored_messages_is_mature():
    assert is_mature(last=None, final=0, messages=10, now=START, grace=timedelta(hours=72))


def test_points_have_as_many_places_as_the_least_needs():
    with translation.override("en"):
        assert points_text(0.048, 0.092) == ["4.8", "9.2"]
        assert points_text(-0.0004, 0.011) == ["0.04", "1.10"]
        assert points_text(0.000002, 0.1) == ["0.0002", "10.0000"]
        assert points_text(0.0) == ["0.0"]


def simulated(p1: float, p2: float, *, looks: int, batch: int, seed: int, runs: int) -> tuple[int, int]:
    """Return in how many runs a test that runs named a winner at any look, and at the last one."""
    randomness = random.Random(seed)
    ever = last = 0
    for _ in range(runs):
        reached, n, found = [0, 0], 0, []
        for _look in range(looks):
            n += batch
            for i, p in enumerate((p1, p2)):
                reached[i] += sum(randomness.random() < p for _ in range(batch))
            variants = [
                variant(name, 0, n + 500, aged=n, in_time=d, is_mature=False)
                for name, d in zip("AB", reached, strict=True)
            ]
            found.append(verdict(variants).outcome == Outcome.WINNER)
        ever += any(found)
        last += found[-1]
    return ever, last


def test_sentence_names_a_winner_of_a_against_a_in_at_most_five_percent_of_runs():
    ever, _last = simulated(0.93, 0.93, looks=50, batch=40, seed=11, runs=100)
    assert ever <= 5


def test_sentence_finds_three_points_at_five_thousand_each_in_eighty_percent_of_runs():
    _ever, last = simulated(0.9, 0.93, looks=50, batch=100, seed=12, runs=40)
    assert last >= 32

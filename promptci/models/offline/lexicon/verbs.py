"""English verbs: irregular forms, common bases, auxiliaries."""

from __future__ import annotations

from promptci.models.offline.lexicon.listed import listed

# base:past:participle
_IRREGULAR = listed(
    """
    arise:arose:arisen awake:awoke:awoken bear:bore:borne beat:beat:beaten become:became:become begin:began:begun
    bend:bent:bent bet:bet:bet bind:bound:bound bite:bit:bitten bleed:bled:bled blow:blew:blown break:broke:broken
    breed:bred:bred bring:brought:brought build:built:built burst:burst:burst buy:bought:bought catch:caught:caught
    choose:chose:chosen cling:clung:clung come:came:come creep:crept:crept deal:dealt:dealt
    dig:dug:dug draw:drew:drawn drink:drank:drunk drive:drove:driven eat:ate:eaten fall:fell:fallen feed:fed:fed
    feel:felt:felt fight:fought:fought find:found:found flee:fled:fled fly:flew:flown forbid:forbade:forbidden
    forget:forgot:forgotten forgive:forgave:forgiven freeze:froze:frozen get:got:got give:gave:given go:went:gone
    grow:grew:grown hang:hung:hung have:had:had hear:heard:heard hide:hid:hidden hit:hit:hit hold:held:held
    hurt:hurt:hurt keep:kept:kept kneel:knelt:knelt know:knew:known lay:laid:laid lead:led:led leave:left:left
    lend:lent:lent let:let:let lie:lay:lain light:lit:lit lose:lost:lost make:made:made mean:meant:meant meet:met:met
    pay:paid:paid put:put:put quit:quit:quit read:read:read ride:rode:ridden ring:rang:rung rise:rose:risen
    run:ran:run say:said:said see:saw:seen seek:sought:sought sell:sold:sold send:sent:sent set:set:set
    shake:shook:shaken shine:shone:shone shoot:shot:shot show:showed:shown shrink:shrank:shrunk shut:shut:shut
    sing:sang:sung sink:sank:sunk sit:sat:sat sleep:slept:slept slide:slid:slid speak:spoke:spoken spend:spent:spent
    spin:spun:spun split:split:split spread:spread:spread spring:sprang:sprung stand:stood:stood steal:stole:stolen
    stick:stuck:stuck sting:stung:stung strike:struck:struck swear:swore:sworn sweep:swept:swept swim:swam:swum
    swing:swung:swung take:took:taken teach:taught:taught tear:tore:torn tell:told:told think:thought:thought
    throw:threw:thrown understand:understood:understood undergo:underwent:undergone undertake:undertook:undertaken
    wake:woke:woken wear:wore:worn weave:wove:woven win:won:won wind:wound:wound withdraw:withdrew:withdrawn
    write:wrote:written overcome:overcame:overcome forecast:forecast:forecast broadcast:broadcast:broadcast
    """
)
PAST: dict[str, str] = {past: base for base, past, _ in (row.split(":") for row in _IRREGULAR)}
PARTICIPLE: dict[str, str] = {past: participle for _, past, participle in (row.split(":") for row in _IRREGULAR)}

_BASES = listed(
    """
    act accept achieve add address administer admire advise affect allow announce appear apply appoint approach argue
    arrive ask attack attempt attend attract avoid award base belong begin believe border build call cause carry cease
    celebrate change chase claim collaborate collect combine command commit compare compete complete compose comprise
    conclude conduct connect consider consist contact contain continue contribute control convert cost cover create
    cross date debut decide declare define deliver demand depend describe design destroy develop die direct discover
    discuss divide dominate earn edit elect employ enable encourage end enjoy enter establish exist expand explain
    explore export express extend fail feature finish fly focus follow form found function gain generate govern
    graduate grow happen head help host identify import improve include increase influence inhabit inherit inspire
    introduce invade invent involve join judge kill lack land last launch learn leave like live locate look love
    maintain make manage manufacture mark marry mean measure mention move name need note observe obtain occupy occur
    offer open operate oppose organize originate own participate pass perform plan play point possess practice prefer
    prepare present prevent print process produce promote propose protect provide publish pursue raise reach receive
    recognize record refer reflect refuse reign reject release rely remain remember remove replace report represent
    require reside resign result retire return reveal rule run save score seem sell serve settle share sign speak
    specialize sponsor star start stay stop study succeed suffer suggest supply support surrender surround survive
    talk teach tend thank touch tour train translate transport travel treat try turn unite use value visit vote walk
    want watch win wish work write breed burn climb cook dance decline depict dismiss drive drop employ exceed face
    fear feed fight file fill flow gather get give go hold hunt issue keep know lead lie lose mine occur paint pay
    predict rank recommend reduce relate repair resemble rest restore rotate sail say see send separate show sing sit
    smell sound spend spread stand stretch take taste tell think throw trade transfer trap understand vary warn wash
    wear weigh allow adopt advocate aim appeal assist assume attach
    """
)
BASES: frozenset[str] = frozenset(_BASES)

AUXILIARIES: frozenset[str] = frozenset(
    listed("is are was were am can could will would shall should may might must cannot")
)


def base_of(word: str) -> tuple[str, str] | None:
    """Return (base, "past" or "present") of a form in the third person or the past; None if it is no known verb."""
    if word in PAST:
        return PAST[word], "past"
    for ending, stems in (("ied", ("y",)), ("ed", ("", "e")), ("ies", ("y",)), ("es", ("", "e")), ("s", ("",))):
        if not word.endswith(ending) or len(word) - len(ending) < 2:
            continue
        time = "past" if ending.endswith("ed") else "present"
        rest = word[: -len(ending)]
        doubled = (rest[:-1],) if len(rest) > 2 and rest[-1] == rest[-2] and ending == "ed" else ()
        for base in (*(rest + stem for stem in stems), *doubled):
            if base in BASES or any(base == known for known in PAST.values()):
                return base, time
    return None


def guessed_base(word: str) -> tuple[str, str] | None:
    """Return the base of a word that ends like a past form, by spelling alone."""
    if not word.endswith("ed") or len(word) < 5:
        return None
    if word.endswith("ied"):
        return word[:-3] + "y", "past"
    rest = word[:-2]
    if len(rest) > 2 and rest[-1] == rest[-2] and rest[-1] not in "sl":
        return rest[:-1], "past"
    takes_e = rest.endswith(
        ("at", "iz", "is", "uc", "ag", "in", "iv", "ut", "ir", "or", "ur", "as", "os", "us", "bl", "tl")
    )
    return (rest + "e" if takes_e and len(rest) > 3 else rest), "past"

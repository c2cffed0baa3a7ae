"""Words of praise and blame, each with its strength in 1..3, and what turns them round."""

from __future__ import annotations

from promptci.models.offline.lexicon.listed import listed


def _strengths(strong: str, plain: str, weak: str, sign: float) -> dict[str, float]:
    levels = ((strong, 2.0), (plain, 1.2), (weak, 0.6))
    return {word: sign * strength for listed, strength in levels for word in listed.split()}


_PRAISE = _strengths(
    """
    masterpiece masterful brilliant brilliantly superb superbly excellent outstanding wonderful wonderfully
    magnificent perfect perfectly amazing amazingly awesome fantastic terrific exceptional exquisite stunning
    stunningly dazzling flawless extraordinary marvelous marvellous delightful delightfully splendid sublime
    unforgettable triumph triumphant gem treasure hilarious riveting mesmerizing enchanting breathtaking glorious love
    loved loves adore phenomenal remarkable remarkably best finest gorgeous impeccable heartwarming exhilarating
    irresistible
    """,
    """
    good great nice enjoy enjoyed enjoyable enjoys fun funny charming charm clever cleverly beautiful beautifully
    engaging engrossing compelling entertaining entertains moving touching heartfelt gripping inspired inspiring
    inventive smart witty wit fresh refreshing refreshingly pleasant pleasing pleasure satisfying satisfied impressive
    impressed powerful poignant thoughtful warm warmth sweet tender graceful grace elegant insightful intelligent
    intriguing fascinating fascinate lively thrilling thrills exciting excitement rewarding rich vivid original
    imaginative captivating captivates happy happily helpful recommend recommended worthwhile worth succeed succeeds
    success successful winning wins win winner talented talent honest sincere humane hopeful joy joyous joyful laugh
    laughs laughter amusing hip admirable affecting affectionate appealing appeal astonishing authentic bold brave
    celebrate celebration classic cool crisp crowd-pleasing deft deftly distinctive eloquent energetic energy
    exuberant fine free-spirited genuine genuinely gifted heart hearty ingenious intoxicating lovely lovable memorable
    mature nuanced passionate perceptive persuasive playful polished profound provocative pure resonant robust
    romantic satisfies seductive sensitive sharp skillful skilled sly sophisticated soulful spectacular spirited
    strong stylish subtle surprising suspenseful sympathetic tasty timeless triumphs truthful uplifting vibrant
    visionary wise wonder wonders wow fast friendly reliable comfortable thank thanks grateful pleased works
    perfect-fit bargain quick easy smooth smoothly delicious deliciously likable likeable accessible
    """,
    """
    interesting well better solid decent neat neatly gentle light cute simple true real human deep like likes interest
    enough culture effective capable careful clear classy comic complex dramatic earnest epic eye-opening faithful
    familiar family feel-good fluid harmless hot important intense intimate kind laugh-out-loud modest natural new
    passion pleasantly quirky rare ready right serious smile smiling thoughtful unexpected unique unusual welcome
    young rousing watchable offbeat blast ambitious tough unflinching haunting hypnotic lyrical melancholy meditative
    observant atmospheric spot-on grown-up keen understated wry zippy breezy buoyant delight delights treat dazzle
    zest zeal zany fascination appreciate enriched respectful warm-hearted soul sane sure-footed understands credible
    gem-like thought-provoking joie liveliest finest-kind elevates elevate transcends transcend lingers linger soars
    soar shines shine glows sparkling
    """,
    1.0,
)
_BLAME = _strengths(
    """
    awful awfully terrible terribly horrible horribly worst atrocious abysmal dreadful disastrous disaster disgusting
    garbage trash unwatchable unbearable insulting insult appalling pathetic excruciating excruciatingly wretched
    horrendous hate hated hates loathsome repulsive vile rubbish fiasco ghastly idiots idiotic moronic stinker stinks
    godawful useless defective ripoff scam incompetent crap crappy
    """,
    """
    bad badly poor poorly boring bored bore dull dumb stupid silly-minded lame tedious tiresome tired tiring weak
    fails fail failed failure failing disappointing disappoints disappointed disappointment mess messy annoying
    irritating pointless mediocre mediocrity predictable predictably contrived clumsy clumsily awkward stale bland
    shallow hollow empty lifeless soulless witless unfunny humorless joyless mindless brainless inane inept insipid
    incoherent confusing confused muddled overlong bloated sloppy sluggish slow slog plodding preachy pretentious
    ridiculous absurd nonsense worthless waste wasted wasting ugly unpleasant unconvincing unimaginative uninspired
    uninteresting unoriginal unsatisfying cheap cheesy cliche cliches cliched cliché clichés clichéd derivative
    formulaic generic forgettable flat flimsy heavy-handed manipulative melodramatic sappy sentimental-mush saccharine
    schlocky shoddy stilted strained superficial tasteless trite unnecessary vulgar wooden lacks lacking lack lacked
    missing broken broke rude refund never problem problems wrong angry ashamed artificial average-at-best banal
    bitter bleak bogus butchered choppy chaotic creepy crude cruel cynical deadly depressing depressingly dire dreary
    dreck drab drags drag dud exploitative fake fatal feeble flawed flaws flop frustrating frustrated garish grating
    gimmicky gratuitous half-baked hackneyed hackery harmful haphazard hopeless impossible inconsistent indulgent
    ineffective inferior irrelevant jarring junk laborious laughable lazy listless long-winded lousy lurid maudlin
    meaningless misguided misfire mishmash misses monotonous murky nasty numbing numbingly obnoxious offensive pale
    painful painfully plotless punishing pandering pap ponderous rambling regret repetitive rote sad-sack scattershot
    self-indulgent shabby shapeless shrill simplistic sleep sleepy slow-moving stinking stuffy sucks suffers suffer
    suffocating tacky terminally tepid thin torture trivial turgid unappealing undercooked underwhelming unlikable
    unfocused unremarkable unsuccessful vapid vacuous violent wearying wannabe yawn zero uncomfortable unreliable
    noisy late faulty overpriced complaint complain unhappy dirty slowly hateful contrivance incomprehensible
    unfulfilling
    """,
    """
    but too less least only nothing no none hardly barely merely minor small somewhat old excess excessive excessively
    familiarity loose lost lose loses loser odd problematic quickly-forgotten random rarely sad scary sentimental
    serviceable shame silly sour strange stuck supposed supposedly trouble troubling unfortunately uneven unless
    unlikely violence why worse without-wit worry overly overwrought overdone pity plain rehash remake retread rip-off
    routine rushed self-conscious sketchy soap so-so shaky sequel sitcom skip stretched-out stretched stereotypical
    stereotypes surface instead obvious off-putting needs need negative neither nor nowhere minimal mind-numbing long
    heavy hard guilty gone forced forgotten failing-to exhausted ends endless endlessly doesn't isn't didn't wasn't
    couldn't can't won't disjointed dubious dated convoluted confuse collapses collapse cold clunky cartoonish blah
    barely-there amateurish amateur almost aimless aimlessly adolescent schmaltzy schmaltz sophomoric sermon
    tiresomely unintentionally ill unsurprising unsettled unfinished uncertain ungainly ungrateful undone
    unintentional bottom lackluster meandering
    """,
    -1.0,
)
FEELINGS: dict[str, float] = {**_PRAISE, **_BLAME}

TURNERS = frozenset(
    listed(
        "not no never n't neither nor without hardly barely scarcely cannot isn't isnt wasn't wasnt don't dont doesn't "
        "doesnt didn't didnt can't cant won't wont couldn't wouldn't shouldn't aren't weren't nothing lacks lack "
        "lacking little few less rarely seldom fails failed far"
    )
)
BOOSTERS = frozenset(listed("very really extremely truly incredibly so absolutely deeply utterly totally highly most"))
CONTRASTS = frozenset(["but", "however", "yet", "still", "although", "nevertheless"])

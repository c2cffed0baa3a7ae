"""Pairs of opposites; either side leads to the other, the first pair that has a word decides."""

from __future__ import annotations

_PAIRS = """
hot-cold big-small large-little tall-short long-short high-low fast-slow quick-slow early-late old-new young-old
good-bad better-worse
best-worst happy-sad rich-poor strong-weak heavy-light dark-light bright-dim day-night black-white hard-soft
easy-difficult simple-complex
open-closed full-empty wet-dry clean-dirty loud-quiet noisy-silent deep-shallow wide-narrow thick-thin fat-thin
sharp-blunt smooth-rough
sweet-sour bitter-sweet fresh-stale near-far close-distant up-down left-right in-out inside-outside above-below
over-under before-after
front-back first-last top-bottom begin-end start-finish come-go arrive-depart enter-exit push-pull give-take buy-sell
lend-borrow win-lose
love-hate like-dislike laugh-cry live-die life-death birth-death alive-dead war-peace friend-enemy ally-foe
hero-villain man-woman boy-girl
male-female king-queen husband-wife father-mother son-daughter brother-sister true-false right-wrong correct-incorrect
real-fake
always-never all-none everything-nothing everybody-nobody more-less most-least many-few much-little plus-minus
add-subtract multiply-divide
increase-decrease rise-fall grow-shrink expand-contract accept-reject agree-disagree allow-forbid permit-prohibit
attack-defend
brave-cowardly courage-cowardice calm-nervous careful-careless cautious-reckless cheap-expensive clever-stupid
smart-dumb wise-foolish
comfort-discomfort common-rare ordinary-extraordinary usual-unusual constant-variable create-destroy build-demolish
cruel-kind dangerous-safe
risk-safety danger-safety defeat-victory success-failure succeed-fail pass-fail despair-hope different-same
similar-different equal-unequal
even-odd even-uneven evil-good fail-succeed famous-unknown freedom-slavery free-captive friendly-hostile
generous-stingy gentle-rough
guilty-innocent guilt-innocence healthy-sick health-illness well-ill heaven-hell honest-dishonest humble-proud
modest-arrogant ignorance-knowledge
include-exclude inclusion-exclusion internal-external interior-exterior inner-outer join-separate unite-divide
justice-injustice junior-senior
lazy-hardworking diligent-lazy legal-illegal lawful-unlawful liquid-solid logical-illogical loose-tight major-minor
majority-minority
maximum-minimum mature-immature moral-immoral natural-artificial negative-positive optimist-pessimist
optimistic-pessimistic optimism-pessimism
order-chaos ordered-disordered organized-disorganized past-future ancient-modern patient-impatient perfect-imperfect
permanent-temporary
plentiful-scarce polite-rude pleasant-unpleasant poverty-wealth power-weakness powerful-powerless praise-blame
present-absent presence-absence
private-public profit-loss gain-loss progress-regress protect-endanger pure-impure quality-quantity question-answer
raise-lower rapid-slow rational-irrational
regular-irregular relax-tense remember-forget reward-punish punishment-reward rural-urban save-spend serious-funny
shiny-dull sick-healthy
silence-noise sink-float sit-stand sleep-wake asleep-awake slim-fat sober-drunk stop-go straight-crooked
curved-straight strength-weakness stable-unstable
sunny-cloudy superior-inferior supply-demand sure-unsure certain-uncertain tame-wild teach-learn teacher-student
tie-untie together-apart
trust-distrust truth-lie ugly-beautiful pretty-ugly useful-useless vacant-occupied valuable-worthless victory-defeat
violent-peaceful
visible-invisible warm-cool wealthy-poor whole-part willing-unwilling winter-summer wisdom-folly worried-relaxed yes-no
zenith-nadir
abundant-scarce abundance-scarcity active-passive actor-spectator admit-deny advance-retreat advantage-disadvantage
adult-child amateur-professional
ascend-descend ascent-descent attract-repel attractive-unattractive attraction-repulsion autumn-spring bless-curse
boring-interesting boss-employee
broad-narrow capable-incapable cause-effect clear-unclear clockwise-counterclockwise combine-separate
complete-incomplete complicated-simple
concrete-abstract conscious-unconscious consonant-vowel convenient-inconvenient cooked-raw cool-warm crowded-empty
deny-confirm decline-accept
dependent-independent direct-indirect divide-unite domestic-foreign east-west north-south elegant-clumsy
emigrate-immigrate encourage-discourage
entrance-exit essential-unnecessary explicit-implicit exciting-boring export-import exports-imports extrovert-introvert
fact-fiction fail-pass
fair-unfair familiar-unfamiliar fertile-barren fertile-infertile finite-infinite flexible-rigid formal-informal
fortunate-unfortunate
fortune-misfortune forward-backward frequent-infrequent gather-scatter giant-dwarf gloomy-cheerful graceful-clumsy
grateful-ungrateful
guest-host harmful-harmless harmony-discord hide-show hire-fire homogeneous-heterogeneous horizontal-vertical
hungry-full import-export
inhale-exhale insult-compliment intelligent-stupid intentional-accidental deliberate-accidental interesting-boring
joy-sorrow land-sea landlord-tenant
lock-unlock major-minor melt-freeze mental-physical miser-spender mobile-immobile named-anonymous narrow-wide
neat-messy obey-disobey obedient-disobedient
objective-subjective offense-defense offensive-defensive often-rarely seldom-often optional-compulsory
mandatory-optional voluntary-compulsory
partial-complete particular-general specific-general passive-active pay-earn possible-impossible practical-impractical
predator-prey
pride-shame prior-subsequent previous-next preceding-following primary-secondary probable-improbable likely-unlikely
proper-improper public-private
qualified-unqualified quiet-loud receive-send reduce-increase refuse-accept relevant-irrelevant reliable-unreliable
religious-secular resist-yield
responsible-irresponsible rigid-flexible ripe-unripe safe-dangerous scream-whisper secure-insecure selfish-generous
selfish-unselfish sender-receiver
separate-join shallow-deep shame-pride singular-plural slave-master smile-frown solid-liquid solvent-insolvent
spacious-cramped
stale-fresh static-dynamic steep-gradual stationary-moving strict-lenient sufficient-insufficient enough-insufficient
synonym-antonym synthetic-natural
temporary-permanent tense-relaxed thaw-freeze theoretical-practical thoughtful-thoughtless tidy-untidy tiny-huge
tolerant-intolerant tragedy-comedy
transparent-opaque transmit-receive trivial-important tropical-polar unanimous-divided upper-lower upstairs-downstairs
upward-downward upwards-downwards
vague-clear vertical-horizontal virtue-vice vulgar-refined weaken-strengthen wild-tame wither-bloom worthless-valuable
worthy-unworthy
beginning-end beautiful-ugly beauty-ugliness absence-presence affirmative-negative aggressive-peaceful
agreement-disagreement agreeable-disagreeable
approve-disapprove approval-disapproval appear-disappear appearance-disappearance assemble-disassemble
bravery-cowardice bearable-unbearable
capitalism-communism centralize-decentralize civilian-military climb-descend coarse-fine cold-hot
compatible-incompatible conservative-liberal
consistent-inconsistent connect-disconnect contented-discontented continue-stop cover-uncover credible-incredible
decrease-increase deflate-inflate
deflation-inflation democracy-dictatorship discover-conceal reveal-conceal dominant-submissive dominant-recessive
downhill-uphill edible-inedible
emotional-rational employed-unemployed enable-disable ending-beginning enemy-friend engaged-disengaged
eternal-temporary even-odd everywhere-nowhere
evident-obscure experienced-inexperienced expert-novice external-internal faithful-unfaithful fasten-unfasten
feminine-masculine femininity-masculinity
fiction-nonfiction flat-hilly foolish-wise fold-unfold forget-remember fortunate-unlucky lucky-unlucky
forgiving-unforgiving found-lost
front-rear full-empty fullness-emptiness happiness-sadness harsh-gentle hero-coward heterosexual-homosexual high-low
hopeful-hopeless host-guest humid-dry
hyperactive-lethargic idealist-realist idle-busy busy-idle inbound-outbound incoming-outgoing individual-group
innocent-guilty input-output
introverted-extroverted intolerable-tolerable known-unknown lead-follow leader-follower lawyer-client lengthen-shorten
literal-figurative literate-illiterate loyal-disloyal
loyalty-treachery luxury-necessity macro-micro maximize-minimize maximal-minimal married-unmarried single-married
meaningful-meaningless merciful-merciless
metallic-nonmetallic mortal-immortal mount-dismount native-foreign necessary-unnecessary nervous-calm normal-abnormal
obvious-subtle occupied-vacant
old-young onshore-offshore oppressor-oppressed ostensible-real outdoor-indoor outdoors-indoors overt-covert
owner-renter oral-written passion-apathy pessimist-optimist
plural-singular polluted-clean popular-unpopular pro-con profitable-unprofitable progressive-conservative
prosecution-defense push-pull
qualitative-quantitative rear-front recede-advance reversible-irreversible revealed-hidden rough-smooth sacred-profane
sadness-happiness sane-insane satisfied-dissatisfied
satisfaction-dissatisfaction savory-sweet sharp-dull sharpness-dullness short-long show-hide significant-insignificant
sensitive-insensitive skilled-unskilled
slow-fast slowness-speed sociable-unsociable social-antisocial sophisticated-naive spontaneous-planned
stability-instability stingy-generous
strengthen-weaken successful-unsuccessful sunrise-sunset dawn-dusk dusk-dawn superficial-profound supporter-opponent
surplus-deficit symmetric-asymmetric symmetrical-asymmetrical
symmetry-asymmetry systematic-random tangible-intangible tolerance-intolerance toxic-harmless triumph-defeat
tight-loose typical-atypical
underground-aboveground undress-dress uniform-varied unity-division urban-rural usable-unusable vanish-appear
valid-invalid violence-nonviolence
warmth-coldness weakness-strength wholesale-retail wide-narrow wealth-poverty wanted-unwanted whisper-shout
worse-better written-oral youth-age
zero-one abstract-concrete altruism-egoism arrogant-humble bound-unbound coherent-incoherent competent-incompetent
conclusive-inconclusive
decisive-indecisive deductive-inductive discontinuous-continuous endogenous-exogenous exothermic-endothermic
favorable-unfavorable favourable-unfavourable
hypothetical-actual implicit-explicit inanimate-animate innate-acquired intrinsic-extrinsic introspection-extrospection
nominal-real monogamy-polygamy
overestimate-underestimate oblique-direct polytheism-monotheism sincere-insincere subjective-objective ventral-dorsal
vice-virtue yang-yin
slowly-quickly
"""


def _both_ways() -> dict[str, str]:
    table: dict[str, str] = {}
    for pair in _PAIRS.split():
        one, _, other = pair.partition("-")
        table.setdefault(one, other)
    for pair in _PAIRS.split():
        one, _, other = pair.partition("-")
        table.setdefault(other, one)
    return table


OPPOSITES: dict[str, str] = _both_ways()

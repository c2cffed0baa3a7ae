"""Animals with a usual weight in kilograms (rough: only the order matters)."""

from __future__ import annotations

_BY_WEIGHT: tuple[tuple[float, str], ...] = (
    (0.00001, "mite flea gnat aphid amoeba louse"),
    (0.0001, "ant mosquito fruit_fly termite krill"),
    (0.0005, "fly housefly bee wasp ladybug ladybird firefly tick moth bedbug"),
    (0.001, "butterfly spider cricket grasshopper beetle worm earthworm caterpillar dragonfly hornet cockroach locust"),
    (0.004, "hummingbird snail slug shrimp praying_mantis centipede scorpion bumblebee goldfinch guppy minnow"),
    (
        0.02,
        "mouse sparrow finch shrew canary tarantula frog tree_frog newt gecko robin bat goldfish anchovy wren "
        "swallow vole",
    ),
    (
        0.06,
        "hamster gerbil sardine starling lizard chickadee dormouse budgie starfish clam oyster crayfish chameleon mole",
    ),
    (
        0.15,
        "dove pigeon blackbird salamander toad squid chipmunk parakeet quail woodpecker cockatiel magpie jay kestrel "
        "blue_jay",
    ),
    (
        0.4,
        "rat squirrel crow parrot owl crab weasel jellyfish herring gull kingfisher seagull mackerel puffin stoat "
        "toucan ferret",
    ),
    (
        1.0,
        "guinea_pig hedgehog duck raven chicken hen trout chihuahua iguana tern lemur mink falcon pheasant muskrat "
        "garter_snake",
    ),
    (
        2.5,
        "rabbit rooster hawk lobster platypus cockatoo piranha heron kitten marmoset viper pomeranian "
        "yorkshire_terrier rattlesnake",
    ),
    (
        4.5,
        "cat eagle goose turkey opossum macaw salmon hare armadillo carp mirror_carp vulture pug stork siamese_cat "
        "fox_terrier dachshund toy_poodle",
    ),
    (
        6.5,
        "fox raccoon skunk koi peacock otter flamingo salmon_shark_pup catfish shih_tzu red_panda badger marmot "
        "sloth bald_eagle albatross",
    ),
    (
        10.0,
        "lynx coyote_pup monkey baboon_young octopus terrier beagle corgi swan koala wallaby bobcat gibbon "
        "tortoise_young beaver jackal cocker_spaniel",
    ),
    (
        18.0,
        "bulldog coyote porcupine turtle wolverine ocelot poodle penguin border_collie collie tasmanian_devil wombat "
        "spaniel condor pelican pike",
    ),
    (
        32.0,
        "dog husky dalmatian boxer labrador golden_retriever german_shepherd baboon wolf_cub emperor_penguin "
        "chimpanzee_young doberman gazelle lamb anteater setter greyhound",
    ),
    (
        45.0,
        "wolf chimpanzee goat cheetah python barracuda hyena antelope impala capybara komodo_dragon_young rottweiler "
        "mandrill mastiff pony_foal boa emu",
    ),
    (
        70.0,
        "sheep leopard kangaroo deer ram komodo_dragon orangutan cougar puma great_dane st_bernard saint_bernard "
        "panther boar_young sea_turtle human anaconda mountain_goat wild_boar aardvark",
    ),
    (
        100.0,
        "pig jaguar ostrich panda giant_panda seal warthog boar tuna stingray tortoise sturgeon hammerhead_pup "
        "dolphin_young caribou swordfish",
    ),
    (160.0, "lion gorilla dolphin tiger black_bear reindeer donkey bear_cub alligator manatee_young manta mule_deer"),
    (
        280.0,
        "bear brown_bear sea_lion zebra pony marlin elk grizzly grizzly_bear wildebeest mule tapir swordfish_large "
        "shark reef_shark",
    ),
    (450.0, "horse cow polar_bear crocodile moose camel manatee yak ox llama_herd buffalo_young stallion mare"),
    (
        800.0,
        "bison buffalo bull walrus giraffe great_white_shark hammerhead water_buffalo hammerhead_shark tiger_shark",
    ),
    (1800.0, "hippopotamus hippo rhinoceros rhino elephant_seal narwhal beluga beluga_whale manta_ray great_white"),
    (5000.0, "elephant orca killer_whale asian_elephant african_elephant mammoth basking_shark"),
    (15000.0, "whale whale_shark gray_whale grey_whale minke_whale"),
    (40000.0, "humpback_whale sperm_whale humpback right_whale fin_whale"),
    (140000.0, "blue_whale"),
)
_MORE: dict[str, float] = {
    "llama": 150.0,
    "alpaca": 65.0,
    "bird": 0.05,
    "fish": 1.0,
    "snake": 2.0,
    "insect": 0.001,
    "parasite": 0.00001,
    "eel": 3.0,
    "bull shark": 130.0,
    "blue shark": 150.0,
    "raccoon dog": 7.0,
    "sea otter": 30.0,
    "sea urchin": 0.4,
    "seahorse": 0.02,
    "sponge": 1.0,
    "coral": 1.0,
    "bass": 3.0,
    "perch": 0.5,
    "tilapia": 1.5,
    "hippos": 1800.0,
    "calf": 40.0,
    "foal": 50.0,
    "puppy": 3.0,
    "chick": 0.05,
    "duckling": 0.05,
    "tadpole": 0.001,
    "chinchilla": 0.5,
    "meerkat": 0.8,
    "mongoose": 2.0,
    "dingo": 15.0,
    "ibex": 80.0,
    "bighorn": 90.0,
    "oryx": 170.0,
    "okapi": 250.0,
    "gnu": 200.0,
    "hog": 100.0,
    "steer": 600.0,
    "cobra": 6.0,
    "alligator gar": 90.0,
    "spaniel": 14.0,
    "retriever": 32.0,
    "cardinal": 0.045,
    "ox": 700.0,
    "dog": 25.0,
    "giant squid": 200.0,
    "cod": 9.0,
    "cattle": 600.0,
    "racoon": 6.5,
    "chamois": 40.0,
    "liger": 300.0,
    "cockapoo": 9.0,
    "labradoodle": 28.0,
    "ape": 80.0,
    "primate": 40.0,
    "wasp": 0.0004,
    "horsefly": 0.0006,
    "lemming": 0.08,
    "porpoise": 60.0,
    "halibut": 30.0,
    "grouper": 20.0,
    "walleye": 2.0,
    "maltese": 3.0,
    "bichon": 5.0,
    "whippet": 12.0,
    "newfoundland": 65.0,
    "akita": 45.0,
    "malamute": 38.0,
    "samoyed": 25.0,
    "sheepdog": 35.0,
    "bloodhound": 45.0,
    "ox bull": 700.0,
    "fire ant": 0.00002,
}

WEIGHTS: dict[str, float] = {name.replace("_", " "): kg for kg, names in _BY_WEIGHT for name in names.split()} | _MORE

"""Meta-prompts of several makes, as texts: the packaged templates' and others' manners of asking."""

from __future__ import annotations

from pathlib import Path

from promptci.models.offline.metaprompt import PLACEHOLDER
from promptci.search.metaprompts import Example, MetaPrompts

TEMPLATES = MetaPrompts((Path(__file__).parents[3] / "templates",))
START = (
    "Read the support ticket and say what kind it is.\nPick one of: billing, technical, other.\n\n"
    "Ticket: {{ ticket }}\nLabel:"
)
BETTER = START.replace("Pick one of", "Answer with only one of")
EXAMPLES = [
    Example("I was charged twice for my plan.", "billing", "Billing, I think."),
    Example("The app crashes when I open it.", "technical", "technical"),
    Example("Do you have open jobs?", "other", "billing"),
    Example("Please send the invoice again.", "billing", "other"),
]
SUMS = [Example("12 3", "15"), Example("5 6", "11"), Example("10 4", "14"), Example("7 7", "14")]
PLACEHOLDERS = PLACEHOLDER.findall(START)


def packaged(name: str, **values: object) -> str:
    """The question of one packaged template."""
    texts = [text for e in EXAMPLES for text in (e.input, e.output)]
    return TEMPLATES.ask(name, data=texts, **values)[0].content


def opro() -> str:
    return packaged(
        "opro/chat",
        examples=EXAMPLES[:3],
        history=[(START, 45), (BETTER, 61)],
        scale=100,
        where="",
        exemplars_first=False,
        placeholders=PLACEHOLDERS,
    )


OPRO_PLAIN = """Your task is to generate an instruction. Below are some previous instructions with their scores.
The score ranges from 0 to 100.

text:
Find the answer.
score:
12

text:
Write the sum.
score:
83

Below are some problems.

input:
Q: 12 3
output:
15

input:
Q: 5 6
output:
11

Generate an instruction that is different from all the instructions above, and has a higher score than all of them.
The instruction should begin with [ and end with ]. Write it in square brackets."""

APE_PLAIN = """I gave a friend an instruction and some inputs. The friend read the instruction and wrote an output
for every one of the inputs. Here are the input-output pairs:

Input: cat
Output: cats

Input: box
Output: boxes

Input: city
Output: cities

The instruction was"""

EVO_PLAIN = """Please follow the instruction step-by-step to generate a better prompt.
1. Crossover the following prompts and generate a new prompt:
Prompt 1: Rewrite the input text into simpler text.
Prompt 2: Rewrite my complex sentence in simpler terms.
2. Mutate the prompt generated in Step 1 and generate a final prompt bracketed with <prompt> and </prompt>.

1. Crossover Prompt: Rewrite the complex text into simpler text.
2. <prompt>Transform the provided text into simpler language.</prompt>

Please follow the instruction step-by-step to generate a better prompt.
1. Crossover the following prompts and generate a new prompt:
Prompt 1: Classify the ticket. Answer with only the label.
Prompt 2: Decide which team should handle it. Choose one of: billing, technical.
2. Mutate the prompt generated in Step 1 and generate a final prompt bracketed with <prompt> and </prompt>.

1. """

RESAMPLE_PLAIN = """Generate a variation of the following instruction while keeping the semantic meaning.

Input: Write the sum of the two numbers.

Output:"""

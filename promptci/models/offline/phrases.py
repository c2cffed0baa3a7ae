"""The phrases that the optimizer builds instructions from; how well each works is decided by what the scorer reads."""

from __future__ import annotations

# Sounds good, changes little (or costs a little): most candidates of a real optimizer are of this kind.
FLUFF = (
    "You are a helpful assistant.",
    "You are an expert in this field.",
    "Think step by step.",
    "Take a deep breath and work on this carefully.",
    "Be precise and consistent.",
    "Pay attention to the details.",
    "This is very important.",
    "Make sure that your answer is correct.",
    "Do your best.",
    "Use your general knowledge.",
    "Consider the context before you answer.",
    "Quality matters more than speed.",
)
# Makes answers worse, and nobody who only reads it would know.
HARM = (
    "Explain your reasoning first.",
    "Answer in a full sentence.",
    "Give your answer and a short justification.",
    "Feel free to use your own words.",
    "Answer politely.",
)
ONLY_LABEL = (
    "Answer with only the label.",
    "Answer with the label only, and nothing else.",
    "Reply with just the label.",
    "Output only the name of the category, no explanation.",
)
ONLY_ANSWER = (
    "Answer with only the result.",
    "Output only the answer, nothing else.",
    "Write just the answer, without explanation.",
    "Do not explain.",
)
LOWER = ("Write it in lower case.", "Use lower case.", "Write the label in lower case, as listed.")
RULES = (
    "If several labels apply, choose the one that the customer wants solved.",
    "If more than one fits, decide by what the writer asks for.",
    "If several apply, choose the problem mentioned first.",
    "When in doubt, decide by the main problem.",
    "If several problems are named, take the last problem.",
)
LISTS = (
    "Choose one of: {labels}.",
    "The label must be one of: {labels}.",
    "Labels: {labels}.",
    "Possible answers are {labels}.",
)
DEFINED = ('Use "{label}" for {what}.', "{label}: {what}", '"{label}" means {what}.', "- {label}: {what}")
FALLBACK = ('If nothing fits, answer "{label}".', 'Use "{label}" for everything else.')
VAGUE = (
    "Do the task as shown in the examples.",
    "Answer the question.",
    "Produce the right output for the input.",
    "Say what it is about.",
    "Look at the input and respond.",
    "Complete the task.",
    "Give a short answer.",
)
TRIGGERS = (
    "Let's think step by step.",
    "Let's work this out carefully.",
    "Let's go through it one part at a time to be sure of the answer.",
    "Let's look at what is given first.",
    "Let's find the answer.",
    "Let's do the calculation slowly.",
)
CRITIQUES = (
    "The wrong answers come from an instruction that leaves room: it does not say how the answer should look.",
    "The model mixes up cases that are close to each other, because the instruction does not draw the line between "
    "them.",
    "The answers miss what is expected in the same way; the instruction never says what counts.",
)
CHATTER = ("Here is a new instruction:", "Sure! Here is my suggestion.", "I would try this:", "")

"""A support agent: chooses a tool for the ticket, looks the answer up, and replies. Standard library alone."""

import json
from pathlib import Path
from urllib.request import Request, urlopen

from promptci.target import answer, cases

SERVER = json.loads(Path("server.json").read_text())
TOOLS = json.loads(Path("tools.json").read_text())
ROUTE = Path("prompts/route.md").read_text()
REPLY = Path("prompts/reply.md").read_text()
SKILL = Path("skills/answering/SKILL.md")  # the agent can do without it
RULES = SKILL.read_text().split("---", 2)[2].strip() if SKILL.exists() else ""

FOUND = {
    "find_invoice": "the invoice was paid on Monday",
    "read_status": "all services are up",
    "find_account": "the account is active",
    "track_parcel": "the parcel is on its way",
    "hand_over": "a colleague will read the ticket",
}


def ask(system, ticket, used):
    """Ask the model once, and add what it used."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": ticket}]
    body = json.dumps({"model": SERVER["model"], "messages": messages, "temperature": 0, "seed": 0}).encode()
    address = SERVER["base_url"] + "/chat/completions"
    request = Request(address, body, {"Content-Type": "application/json"})  # noqa: S310  # server.json says http
    with urlopen(request, timeout=30) as response:  # noqa: S310  # the same
        said = json.load(response)
    used["input_tokens"] += said["usage"]["prompt_tokens"]
    used["output_tokens"] += said["usage"]["completion_tokens"]
    return said["choices"][0]["message"]["content"].strip()


for case in cases():
    ticket, used = case.vars["ticket"], {"input_tokens": 0, "output_tokens": 0}
    try:
        listed = "\n".join(f"- {tool['name']}: {tool['description']}" for tool in TOOLS)
        tool = ask(ROUTE.replace("{tools}", listed), ticket, used)
        found = FOUND.get(tool, "no such tool")
        reply = ask(RULES + "\n\n" + REPLY.replace("{found}", found), ticket, used)
    except OSError as problem:
        answer(case, error=f"{SERVER['base_url']} does not answer: {problem}", usage=used)
    else:
        step = {"tool": tool, "arguments": {}, "result": found}
        answer(case, {"tool": tool, "reply": reply}, usage=used, trace=[step])

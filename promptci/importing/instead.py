"""What to do instead of what promptfoo's configuration says and ours has no counterpart for, by its key."""

from __future__ import annotations

from collections.abc import Mapping

INSTEAD: Mapping[str, str] = {
    "redteam": "attacks are not generated; write the cases into an eval set",
    "options.transform": "write it as a text of JavaScript, or as file://...",
    "options.rubricPrompt": "write it as a text or as messages, or ask by metrics: [{name: judge, prompt: FILE}]",
    "threshold": "it must be above 0 and at most 1; here all assertions must hold",
    "evaluateOptions": "promptci measures and repeats by its own rules; see -j and --repeat",
    "provider": "one model answers all cases; models.judge grades",
    "commandLineOptions": "see -j, --repeat and --no-cache of promptci check",
    "writeLatestResults": "promptci show prints the last run",
    "sharing": "reports stay here",
    "outputPath": "promptci check -o FILE",
    "env": "keys come from the environment (api_key_env: NAME); other values of {{ env.NAME }} go into the rows",
    "nunjucksFilters": "write what the filters make into the rows",
    "derivedMetrics": "it has no counterpart",
    "extensions": "no code of the configuration is run",
}

"""Texts that a model, an eval row or a file name may hold and that no report may act on: well over 200, by hand."""

from __future__ import annotations

_PAYLOADS = (
    # mentions, references, closing keywords
    "@octocat", "hi @octocat!", "@org/team-name", "a@b.example", "cc:@a,@b", "(@user)", "@", "@@x", "\\@user",
    "&#64;user",
    "#1", "fixes #1", "closes: #12", "Resolves owner/repo#3", "GH-7", "gh-7", "##1", "\\#1", "&#35;1",
    "owner/repo@b81d5e0c",
    "b81d5e0c6f3a49728e1d0b57c9a2f4638e7d1c05", "see b81d5e0", "1234567", "deadbeef",
    # addresses
    "http://evil.example", "https://evil.example/x?y=1#z", "www.evil.example", "WWW.EVIL.EXAMPLE", "ftp://evil.example",
    "<http://evil.example>", "mailto:a@b.example", "xmpp:a@b.example/c", "http:\\//evil.example",
    "HtTpS://evil.example",
    "https&colon;//evil.example", "x:http://evil.example", "git+ssh://evil.example/x", "<a@b.example>",
    # links and pictures
    "[x](http://evil.example)", "![x](http://evil.example/p.png)", "[x][y]", "[y]: http://evil.example", "![][y]",
    "[x]",
    "[^1]", "[^1]: note", "[[wiki]]", "[x](<javascript:alert(1)>)", "](http://evil.example)", "[a](b \"c\")",
    "!\\[x](y)",
    "[ ] todo", "[x] done", "`code`[x](y)", "[`](y)`](z)", ":tada:", ":octocat:", ":+1:", "a:b:c",
    # HTML
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- comment -->", "-->", "--!>",
    "<!-- promptci:{} -->",
    "<details open>", "</details>", "</summary>", "<summary>x</summary>", "<?php ?>", "<![CDATA[x]]>",
    "<!DOCTYPE html>",
    "<a href='http://evil.example'>x</a>", "<br>", "<pre>", "<textarea>", "<style>*{display:none}</style>", "&lt;b&gt;",
    "&amp;", "&nbsp;", "&#0;", "&#x202e;", "<", ">", "&", "a<b>c", "<picture>", "<svg/onload=x>", "<iframe>", "<h1>",
    # spans
    "*a*", "**a**", "_a_", "__a__", "a_b_c", "_a b_", "a _b_ c", "~~a~~", "~a~", "***", "*", "_", "~", "`", "``", "```",
    "`a`", "``a`b``", "a`", "`a", "\\`", "\\", "a\\", "\\\\", "\\*a*", "*a\\*", "a*b*c", "_é_", "é_a_é", "$x$", "$$x$$",
    "$`x`$", "\\(x\\)", "a  b", "|", "a|b", "a\\|b", "\\\\|", "|---|", "a | b\n---|---\nc | d",
    # blocks
    "# heading", "###### h", "#", "####### no", "> quote", ">", "- item", "-", "--", "---", "- - -", "***\n", "___",
    "+ item", "+", "* item", "1. item", "1) item", "123456789. x", "1234567890. x", "1.", "2)", "=", "===", "    code",
    "\tcode", "```sh\nrm -rf /\n```", "~~~\nx\n~~~", "````", "````md", "`````\n```\n````", "> [!WARNING]\n> x",
    "Title\n===", "Title\n---", "- [ ] x", "- [x] y", "* * *", "\n\n# x", "a\n# b", "a\n\nb", "\r# b", "a\r\n> b",
    # a fence's own end, and a diff's
    "```", "\n```\n@octocat", "````````````````", "`" * 300, "~" * 300, "\n" + "`" * 50 + "\nx", "+```\n-```", " ```",
    "   ```", "    ```", "\t```", "```\n</details>\n", "--- a/x\n+++ b/x", "@@ -1 +1 @@",
    # logs and terminals
    "::error::x", "::add-mask::x", " ::set-output name=x::y", "##[error]x", "a ##[add-mask]x", "\n::stop-commands::x",
    "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\x9b31m", "\x07", "\x00", "\x08\x08", "a\rb",
    "a\x0bb", "a\x0cb", "a\x85b", "a\u2028b", "a\u2029b", "\x7f", "%0A::error::x", "%25", "::", "a::b",
    "::warning file=x::",
    # hidden and turned
    "\u202egnp.exe", "\u2066x\u2069", "a\u200bb", "@\u200boctocat", "#\u200b1", "\u200b", "\ufeff", "\u2060", "\u00ad",
    "\U000e0041", "\ud800", "\udfff", "\u200d", "\u061c", "\u3164", "\u180e", "\u115f", "\ufff9",
    # templates
    "{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{# x #}", "{{ report.__class__ }}", "{% raw %}", "${{ secrets.X }}",
    "{{", "}}", "%}", "$(id)", "`id`", "; rm -rf /", "'; id; '", "$HOME", "!!", "a' b", 'a" b', "-x", "--upload-pack=x",
    # other scripts, sizes and nothing
    "größer", "日本語", "עברית", "हिन्दी", "🎉", "👩‍👩‍👧", "e\u0301", "Ａ＠ｂ", "＃1", "@\u0301x", "x" * 3000, "<" * 900,
    "@a " * 400, "a" * 79 + "`", "a" * 80 + "`", "`" * 79 + "a", " ", "\n", "\t", "", "-", "null", "nan",
)  # fmt: skip

NASTIES: tuple[str, ...] = tuple(dict.fromkeys(_PAYLOADS))
assert len(NASTIES) >= 200

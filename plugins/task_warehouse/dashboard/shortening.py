"""A page without what the standard of HTML says already: a site has seven thousand of them."""

from __future__ import annotations

import re

# Ends of lines before what stands in a block of its own: a third of the nodes of a long table.
_BETWEEN_BLOCKS = re.compile(
    r"\s*\n\s*(?=</?(?:t[dhr]|tbody|thead|tfoot|table|caption|[uod]l|li|d[td]|div|section|p|h[1-6]|rect|g|text"
    r"|title|line|pattern|defs|figure|head|body|meta|link|script|nav|header|footer|main)\b)"
)
# Ends that the next tag implies (HTML, 13.1.2.4); texts hold no tag, for they are escaped.
_IMPLIED = re.compile(r"</(?:t[dhr]|thead|tbody|tfoot|caption|li|d[td])>(?=<)")


def shortened(page: str) -> str:
    """The same document in fewer bytes, a tenth of a page of a body."""
    return _IMPLIED.sub("", _BETWEEN_BLOCKS.sub("", page))

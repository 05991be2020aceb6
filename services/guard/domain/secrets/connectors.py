"""What stands between a word for a secret and its value: signs, tags, arguments, verbs of many languages."""

# ruff: noqa: RUF001 - quotation marks and letters of many languages

import re
import unicodedata

VERBS = (
    "is|are|was|were|be|to|as|reads|equals|becomes|called|"
    "ist|sind|war|wäre|lautet|lautete|heißt|heisst|auf|als|bleibt|wird|"
    "est|sera|était|à|devient|c'est|sont|és|serà|është|eu|da|cho|yw|oedd|"
    "es|era|será|a|son|por|como|é|è|e'|sarà|para|fica|foi|"
    "luidt|naar|wordt|blijft|"
    "to|jest|brzmi|na|było|je|zní|bylo|byla|bude|znie|bolo|glasi|"
    "это|есть|был|была|будет|на|такой|такая|звучит|це|є|було|буде|на|гласи|глас|је|е|беше|"
    "olarak|ise|dir|şudur|şu|"
    "είναι|ήταν|σε|θα|"
    "este|e|era|la|va|"
    "az|a|ez|lett|legyen|"
    "är|var|till|lyder|blir|er|til|lyder|ble|blev|on|oli|ovat|kuuluu|ir|yra|bija|buvo|"
    "هي|هو|إلى|الى|תהיה|היא|הוא|זה|הינה|ל|است|هست|ہے|برابر|"
    "है|हैं|था|होगा|হল|হলো|হচ্ছে|হয়|ਹੈ|છે|आहे|"
    "là|thành|adalah|ialah|yaitu|menjadi|jadi|ni|ay|ang|qo'yilgan|"
    "คือ|เป็น|は|が|を|是|为|為|는|은|가"
)
"""Verbs and little words behind which a sentence names the secret."""
REVERSE_VERBS = (
    "is|was|as|ist|war|als|est|comme|es|como|é|è|come|jako|je|это|как|є|як|olarak|είναι|este|ca|är|som"
    "|er|on|là|adalah"
)
"""Verbs and little words between a value and the word for it, as in *X is my password*."""
_OPEN = r"[\"'`“„«‹「『‘‚]?"
_WORD = r"[^\s.,;:?!=\"`()<>|/\[\]{}]{1,20}"
_VALUE_AHEAD = rf"(?={_OPEN}[^\s]{{0,60}}[\d@#$%^&*+~])"
_NO_PROPERTY = (
    r"(?![^\n.:=]{0,30}\b(?:length|polic|hash|manag|generat|strength|requirement|limit|count|size|types?\b|version"
    r"|format|field|column|algorithm|expir|valid|must|should|muss|debe|doit|deve|needs?\b|cannot|can't|reuse))"
)
SIGN = re.compile(
    r"[\"'`*_\])]{0,4}[ \t\u00a0]{0,4}(?:\([^()\n]{1,40}\)[ \t]{0,3})?[\"'`*]{0,3}"
    r"(?P<sign>=>|:=|={1,3}|:{1,2}|->|→|—|–|՝|-(?=[ ])|\||\t)[ \t\u00a0*|]{0,6}"
    r"(?:\r?\n(?!\r?\n)[ \t>*-]{0,8})?"
)
FIELD_TEXT = re.compile(r"[\"'][^<>\n]{0,80}>[ \t]{0,4}(?=[^<>\s]{1,400}[ \t]{0,4}</)")
"""The rest of a tag whose attribute names the text of its element: `<property name="pw">...</property>`."""
BLOCK = re.compile(r"[\"'][ \t]{0,4}\{[^{}]{0,200}?\bdefault[ \t]{0,8}=[ \t]{0,4}(?=[\"'])")
"""The block of a variable in Terraform, up to its default."""
ATTRIBUTE = re.compile(
    r"[\"']?[ \t]{0,3},?[ \t]{0,3}(?:\r?\n[ \t]{0,40})?(?:\w{1,20}=[\"'][^\"'\n]{0,40}[\"'][ \t]{1,4})?"
    r"[\"']?[vV]alue[\"']?[ \t]{0,3}[:=][ \t]{0,3}"
)
CALL = re.compile(r"[\"']?\]?[ \t]{0,2}[,(][ \t]{0,2}(?=[\"'`])")
ELEMENT = re.compile(r"[\w.-]{0,30}(?:[ ][^<>\n]{0,60})?>[ \t\r\n]{0,8}(?=[^<>\s]{1,400}[ \t\r\n]{0,8}</)")
SPACE = re.compile(r"[ \t]{1,4}(?![-|>&])")
UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff :=→]{0,16}\*{0,2}"
    r"(?=[!-~“„«‹「『《‘‚])" + _VALUE_AHEAD
)
PROSE = re.compile(
    unicodedata.normalize(
        "NFKC",
        rf"{_NO_PROPERTY}(?:[ ]{_WORD}){{0,6}}?(?:,[ ][^.,:;!?\n]{{2,40}},)?"
        rf"(?:(?:[ ](?:{VERBS})|['’]s)(?:[ ][^\W\d_]{{2,12}})?[ ]{{0,2}}:?[ ]{{1,2}}"
        rf"|[ ]{{0,3}}(?::|=|—|–|->|→)[ ]{{1,3}})\*{{0,2}}{_VALUE_AHEAD}",
    ),
    re.IGNORECASE,
)
ADJACENT = re.compile(rf"[ ]{{1,2}}\*{{0,2}}{_VALUE_AHEAD}(?!\S{{0,40}}://)")
NEAR = re.compile(rf"{_NO_PROPERTY}(?:[ ]{_WORD}){{1,3}}?[ ]{{1,2}}\*{{0,2}}{_VALUE_AHEAD}(?!\S{{0,40}}://)")
MARKUP = re.compile(
    r"[ ]{0,2}(?:&nbsp;|:|[ ]is)?[ ]{0,2}(?:[ \t\r\n]{0,8}</?[a-zA-Z][^<>\n]{0,60}>){1,4}"
    r"[ \t\r\n]{0,8}:?[ ]{0,2}" + _VALUE_AHEAD
)
"""Tags of HTML between a label and its value."""
REVERSED = re.compile(
    rf"(?:(?<=\s)|(?<=\A)|(?<=[\"'`“„«]))(?P<value>[^\s\"'`“”„«»<>]{{4,64}})[\"'`”“»]?[ ](?:{REVERSE_VERBS})"
    rf"(?:[ ][^\W\d_]{{1,12}}){{0,3}}[ ](?:[\w-]{{1,20}}[ _-])?\Z",
    re.IGNORECASE,
)

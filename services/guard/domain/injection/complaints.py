"""Tells a complaint about instructions that were not followed from the order not to follow them."""

# ruff: noqa: E501, RUF001 - a list of words is readable on one line only, in its own script

import re2

from services.guard.domain.injection.attack_signs import frees_conversation
from services.guard.domain.injection.conditions import is_condition
from services.guard.domain.text.homoglyphs import without_marks

MAX_BEFORE_BYTES, MAX_AFTER_BYTES = 40, 48
"""Around a match, in which the rest of a verb form and its subject are searched."""
# The caller's own: "my earlier instruction".
_OWN = re2.compile(
    without_marks(
        r"\b(?:my|our|mein\w{0,2}|unser\w{0,2}|ma|mes|mon|nos|notre|mis?|mi[oae]|miei|nuestr\w\w?|nostr\w|meus?|minhas?|noss\w\w?|mijn|onze?|moj\w{0,3}|nasz\w{0,3}|mele|mea|meu|mei|noastre)\b"
        r"|\b(?:i|ich|je|j'ai|ik|eu|io) (?:said|told|asked|gave|wrote|set|sagte|gab|gegeben|ai|disse|dei|zei|gaf|ho)\b"
        r"|мо[ияейю]\S{0,2} |наш\S{0,3} |我|俺|私|わたし|僕|내 |제 |제가|내가|우리|تعليماتي|أوامري|قواعدي|إرشاداتي|تعليماتنا|मेरे|मेरी|मेरा|हमारे|हमारी"
        r"|\b(?:talimat|komut|kural|yonerge)\w{0,3}(?:ım|im|um|üm|ımı|imi|umu|ümü|mızı|mizi|muzu|müzü)(?:z?[ıi]?)\b"
    ).encode()
)
# The machine's own: "your rules", which only a subject "you" before the verb could make a complaint of.
_YOURS = re2.compile(
    without_marks(
        r"\b(?:your|dein\w{0,2}|ihre\w?|tes|ton|ta|vos|votre|tus?|tu[aeo]i?|suas?|seus?|teus?|tuas?|jouw|uw|twoje|swoje|tale)\b|сво[ияей]|тво[ияей]|你的|您的|あなた|너의|당신|네 |تعليماتك|قواعدك|अपने|आपके|तुम्हारे"
        r"|\b(?:talimat|kural|komut|yonerge)\w{0,3}(?:lar|ler)[ıi]n[ıi]z?\b"
    ).encode()
)
_ALL = re2.compile(
    without_marks(
        r"\b(?:all|any|every|alle\w?|samtliche|toutes?|tous|todas|todos|tutt[ei]|wszystki\w{1,3}|toate|tum|butun)\b|все|所有|一切|全て|すべて|모든|جميع|كل|كافة|सभी"
    ).encode()
)
# A finished or an observed act by its form alone.
_PAST_MATCH = re2.compile(
    without_marks(
        r"^(?:ignoriertest|ignorierten?|missachtetest|missachteten?|vergassest"
        r"|\w{3,12}(?:aste|iste|asteis|aron|aba|abas|avas?|aram|ou)\b"
        r"|игнорировал|(?:忽略|无视|無視|忽视|忘记|忘掉|绕过)(?:了|过)"
        r"|(?:تجاهلت|تخطيت|نسيت)(?:م|موا)?\s)"
    ).encode()
)
_PARTICIPLE = re2.compile(
    rb"^(?:ignore|oublie|neglige|contourne|desactive|outrepasse|abandonne|\w{3,12}(?:ad|id|at|it|ut)[oaie]|\w{3,12}at|uitat)e?s?\b"
)
_AUXILIARY_BEFORE = re2.compile(
    rb"\b(?:as|avez|ont|aviez|avais|avait|auriez|aurait|has|habeis|han|habias|habia|hai|avete|hanno|avevi|aveva|avresti|ho|tem|tens|tinha|tinhas|teve|ai|ati|au|tu a|il a|elle a|on a|usted ha|voce ha|lei ha)(?:-tu|-vous|-il|-elle)? (?:\w{1,12} ){0,2}$"
)
_PAST_TAIL = re2.compile(
    without_marks(
        r"^(?:しました|した(?:ね|よ|な|の(?:か|は|で|です)|でしょ|ん(?:だ|です)|。|$)|され(?:た|まし|て)|して(?:い|る|ます|ませ)|てい(?:た|る|ま)|まし(?:た|て)|しない|するな|ない(?:で|よう)|た(?:ね|よ|の|ん|。|$)"
        r"|(?:되었|되어|되는|되고|됐|당했|하셨|했|해 ?버렸|버렸|버리셨|하셨었|했었)(?:네|어|습|잖|는|군|나|죠|지|을|더)|하시(?:네|는)|하(?:네|고 있|는 거|는군)|하지 (?:마|말|않)"
        r"|[ıi] e(?:tti|diyor|tmi[sş])|(?:d|t)[iıuü](?:n|$|\W)|(?:d|t)[iıuü]n[iıuü]z|m[iıuü][sş]|[iıuü]yor"
        r"|\S{0,3} ?(?:कर )?(?:दिया|दिए|दी |किया|की |कर रहे|करते|कर दी)|\S{0,3} ?(?:गए|गये|गई|गया|चुके))"
    ).encode()
)
# Somebody who does it now, or is told not to: a complaint only where the instructions are the caller's.
_SUBJECT_BEFORE = re2.compile(
    without_marks(
        r"\b(?:you|you're|you are|you keep|do not|don't|never|stop|did you|du|ihr|sie|tu|vous|on|il|elle|usted|lei|voce|jij|u|ty|dlaczego|pourquoi|warum|por que|perche|waarom|nicht|ne|non|no|nao|niet|nie)(?:'t)? (?:\w{1,12} ){0,2}$"
        r"|(?:^|[^а-я])(?:ты|вы|они|не|зачем|почему) (?:[а-я]{1,12} ){0,2}(?:про)?$"
        r"|(?:你|您|不要|别|請勿|请勿|لا|لم|لماذا|لقد|قد) ?\S{0,8} ?$"
    ).encode()
)
# "The parser ignores all rules": a statement about a thing that is no machine which talks.
_THING_BEFORE = re2.compile(
    rb"(?:^|[.!?:;,(]\s?|\n|\b(?:aber|dass|weil|ma|perche|pero|porque|mais|car|parce que|que|mas|maar|omdat) )"
    rb"(?:(?:der|die|das|mein\w?|unser\w?|ein|il|lo|la|el|un|una|um|uma|o|a|le|mon|mi|il mio|meu|de|het|mijn) |l')"
    rb"(\w{2,24}) (?:\w{2,12} )?$"
)
_TALKING_MACHINES = frozenset(
    b"ki ia ai ii assistent asistente assistente assistant chat conversation answers responses session llm gpt chatgpt modell modelo modello modele model bot chatbot".split()
)
_STATEMENT = re2.compile(rb"^(?:\w{3,16}t|\w{3,16}[aeo]) ")
# "Do not ignore": the contrary of the order.
_NOT_BEFORE = re2.compile(
    without_marks(
        r"(?:^|[^a-z])(?:nie|nao|no|non|do not|don't|never|nunca|jamais|(?:can|could|would|will|should|must|did|does) ?(?:not|never)|(?:ca|could|would|wo|should|must|did|does)n't) (?:(?:just|simply|ever|possibly|easily) )?$|(?:^|[^а-я])(?:не|никогда не) $|(?:不要|别|請勿|请勿|切勿|不能|不可)$|(?:^|\s)لا ت?$"
    ).encode()
)
_NOT_INSIDE = re2.compile(
    rb"^(?:ignoriere?n?(?: sie)?|vergiss|vergessen sie|missachte?n?(?: sie)?) (?:bitte )?nicht (?:die|meine|unsere|alle|das|den)\b"
    rb"|^(?:ignore[zr]?|oublie[zr]?|neglige[zr]?|negeer|vergeet) (?:pas|jamais|niet)\b"
)
_NOT_BEHIND = re2.compile(
    without_marks(
        r"^\w{0,3} (?:(?:bitte|aber|auch|jetzt|dem nutzer|niemandem|mir|uns|ihnen|alstublieft|maar|venligst|snalla) ){0,2}(?:nicht|niemals|niet|nooit|ikke|inte|aldri|aldrig)\b|^(?:m[ae](?:y[ıi]n|$|\W)|\S{0,4} ?etme(?:y|$|\W)|\S{0,3} ?(?:मत|न कर))"
    ).encode()
)
# The caller's own, where they stand right beside the instructions.
_OWN_BESIDE = re2.compile(
    without_marks(
        r"^(?:忽略|无视|忽视|忘记|忘掉)(?:掉)?我(?:的|之前|刚才|上次|前面|以前)|мо[ияеё]\S{0,2} (?:предыдущ|прежн|прошл)|^(?:onceki|tum|yukar)\S{0,8} (?:talimat|komut|kural)(?:lar)?[ıi]m[ıi]?\b"
    ).encode()
)
# "How do I check if developer mode is enabled": devices have such modes, too.
_MODE = re2.compile(
    rb"^(?:(?:developer|debug|admin|maintenance|god|sudo)|(?:enable|enter|activate|switch to) (?:\w{1,12} ){0,2}developer) mode\b"
)
_DEVICE = re2.compile(
    rb"^ ?(?:on|in|for|of|via|using|from|inside|to) (?:the|my|our|your|this|that|an?|all|each|every) ([\w-]{2,24})"
)
_ASKED = re2.compile(
    rb"\b(?:how (?:do|does|did|can|could|should|to|is)|what (?:is|does|do|happens)|why (?:is|are|do|does|did|can)|where (?:is|do|can)|whether|does|check if|see if|is) [^.!?\n:;,]{0,60}$"
)
# "An error in spite of your instructions": what stands behind these words is no object of the verb.
_IN_SPITE = re2.compile(
    r"\b(?:malgre|selon|d'apres|conformement|contrairement|trotz|gemass|gemaess|laut|entgegen|despite|according|in spite|contrary|a pesar|segun|pese|nonostante|malgrado|secondo|apesar|conforme|segundo|ondanks|volgens|mimo|wbrew|zgodnie)\b|несмотря|согласно".encode()
)
_CLAUSE_BEGINS = re2.compile(
    rb"(?:^|[.!?\n:;,\"'(>-]\s*|\b(?:please|bitte|now|and|then|und|jetzt|et|maintenant|y|ahora|e|ora|agora|en|nu|i|teraz) )$"
)


def is_no_order(head: bytes, matched: bytes, tail: bytes) -> bool:
    """Whether a match is a complaint, a condition, something that happens in spite of it, or a device's mode.

    `head` ends and `tail` begins at the match; all are lower case and without marks.
    """
    if is_complaint(head, matched, tail) or is_in_spite_of(head, matched):
        return True
    return is_condition(head, matched, tail) or is_mode_of_device(head, matched, tail)


def is_complaint(head: bytes, matched: bytes, tail: bytes) -> bool:
    """Whether a match says that somebody did not follow instructions, and does not ask for it.

    `head` ends and `tail` begins at the match; all are lower case and without marks.
    """
    before, after = head[-MAX_BEFORE_BYTES:], tail[:MAX_AFTER_BYTES]
    if len(head) > MAX_BEFORE_BYTES:
        before = b"_" + before  # so that no sentence seems to begin where the piece does
    is_own = _OWN.search(matched) is not None
    if _is_about_a_thing(before, matched) or _is_forbidden(before, matched, after):
        return True
    if not is_own and (_YOURS.search(matched) is not None or _ALL.search(matched) is not None):
        return False
    if _PAST_MATCH.search(matched) is not None or _PAST_TAIL.search(after) is not None:
        return True
    if _PARTICIPLE.search(matched) is not None and _AUXILIARY_BEFORE.search(before) is not None:
        return True
    return is_own and _SUBJECT_BEFORE.search(before) is not None


def is_mode_of_device(head: bytes, matched: bytes, tail: bytes) -> bool:
    """Whether a mode is one of a device: "how do I see if developer mode is enabled", "... on the headset".

    It is none where rules are dropped or the conversation is named near it.
    """
    if _MODE.search(matched) is None or is_mode_of_conversation(head, matched, tail):
        return False
    behind = b" on" + tail if matched.endswith(b" on") else tail
    device = _DEVICE.search(behind)
    if device is not None and behind[device.start(1) : device.end(1)] not in _TALKING_MACHINES:
        return True
    return _ASKED.search(head) is not None


def is_mode_of_conversation(head: bytes, matched: bytes, tail: bytes) -> bool:
    """Whether a mode is said to be one of the conversation, or to free from rules."""
    return _MODE.search(matched) is not None and frees_conversation(head + matched + tail)


def is_about_own_words(matched: bytes) -> bool:
    """Whether the instructions are the caller's, in languages whose words for that ownership does not list."""
    return _OWN_BESIDE.search(matched) is not None


def _is_forbidden(before: bytes, matched: bytes, after: bytes) -> bool:
    """Whether the match is what somebody must not do."""
    return (
        _NOT_BEFORE.search(before) is not None
        or _NOT_INSIDE.search(matched) is not None
        or _NOT_BEHIND.search(after) is not None
    )


def _is_about_a_thing(before: bytes, matched: bytes) -> bool:
    """Whether a thing is the subject of the verb, as of "il parser ignora tutte le regole"."""
    thing = _THING_BEFORE.search(before)
    if thing is None or _YOURS.search(matched) is not None or _STATEMENT.search(matched) is None:
        return False
    return before[thing.start(1) : thing.end(1)] not in _TALKING_MACHINES


def is_in_spite_of(head: bytes, matched: bytes) -> bool:
    """Whether the instructions are what something happens in spite of or by, inside a statement."""
    return _IN_SPITE.search(matched) is not None and _CLAUSE_BEGINS.search(head[-MAX_BEFORE_BYTES:]) is None

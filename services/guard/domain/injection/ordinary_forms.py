"""Tells texts of forms that the classifier takes for attacks and people write every day, so that it may not block them alone.

Forms and installers ask for a password, people ask for their own instructions back, complain that these were ignored, and write
prompts, which name roles, rules and what to refuse. A text of such a form needs a second sign beside the classifier's.
"""

# ruff: noqa: E501, RUF001 - a list of words is readable on one line only, in its own script

import re

import re2

from services.guard.domain.injection.attack_signs import frees_from_rules, has_attack_signs
from services.guard.domain.injection.ownership import I_GAVE, OBJECT, is_of_others
from services.guard.domain.text.homoglyphs import without_marks

MAX_CHARS = 600
"""Up to this length a text is one form as a whole; a prompt that somebody writes may be of any length."""
MAX_BEGINNING_CHARS = 300
"""In which somebody says that he wants a prompt written or read."""
MAX_QUESTION_CHARS = 260
"""Longer texts are more than one question."""
MAX_PROSE_CHARS, MIN_PROSE_WORDS = 2_000, 6
"""Of a text whose language is looked at by its words."""
MAX_WORDS_BESIDE = 24
"""In the sentences beside those of a form; in more there is room for something else."""
MIN_SECTIONS = 2
"""Headings from which on a text is the description of a role."""
_ASKED_VALUE = r"(?:pass-?words?|passphrases?|passcodes?|pins?|credentials|user-?names?|access codes?|security codes?|codes?|tokens?|(?:api |access |license |licence )?keys?|\w{0,14}(?:passwor[td]\w{0,2}|kennwor\w{1,3}|wachtwoord\w{0,2})|benutzername|zugangscode|mots? de passe|identifiants?|contrasenas?|clave|senhas?|palavra-passe|ha[sł]l?[lł]?o|hasl\w{1,2}|nom d'utilisateur|parol\w?)"
_ENTER = r"(?:enter|type(?: in)?|input|insert|provide|confirm|choose|re-?enter|re-?type|repeat|set|create|change|reset|geben sie|gib|bitte|tippen sie|saisi(?:r|s|ssez)|entre[rz]|tape[rz]|introdu(?:zca|ce|cir|za|zir)|ingres[ae]r?|escrib[ae]|inseri(?:sci|re|sca)|digit[ae]r?|insira|voer|typ|wprowadz\w{0,2}|podaj|wpisz|zmien)"
_FORM = re2.compile(
    rf"^\W*(?:please |bitte |veuillez |por favor,? |per favore,? |prosze ){{0,1}}{_ENTER} (?:[\w'/-]{{1,20}} ){{0,4}}{_ASKED_VALUE}\b"
    rf"|\b{_ASKED_VALUE} (?:\w{{1,12}} ){{0,2}}(?:must|should|has expired|expired|is (?:incorrect|invalid|wrong|required|too)|do(?:es)? not match|don't match|abgelaufen|ist falsch|stimmt nicht|incorrecte?|expiree?|no coincid\w{{1,3}}|non corrispond\w{{1,4}}|scadut\w|invalid\w|incorret\w|verlopen|onjuist|wygasl\w|nieprawidlow\w)\b".encode()
)
_RESET = re2.compile(
    rb"\b(?:restore|reset|revert|return|zurucksetz\w{0,2}|reinitialise\w?|restablec\w{1,2}|ripristin\w{1,3}|restaur\w{1,3})\b[^.!?\n]{0,24}\b(?:original|factory|default|werks\w{0,12}|usine|fabrica|fabbrica|predefinit\w|predeterminad\w{1,2})\b"
)
# "Answer with JSON only."
_FORMAT = re2.compile(
    rb"^\W*(?:please |bitte |por favor,? |per favore,? )?(?:answer|reply|respond|return|output|give|antworte\w?|gib|reponds|repondez|renvoie|responde|responda|devuelve|rispondi|restituisci|retorne|antwoord|geef|odpowiedz|zwroc)\b[^.!?\n]{0,40}\b(?:json|xml|csv|yaml|html|markdown|latex|sql|bullet points|stichpunkten|listes?|listas?|elenco|tabla|tabelle|tableau|tabella|tabela)\b"
)
# "Ignore everything before the first comma": what a program does with data.
_PARSING = re2.compile(
    rb"\b(?:ignor\w{1,5}|skip\w{0,4}|drop|discard|omit\w{0,4}|strip|uberspring\w{0,2}|saute\w?|salta\w?)\b[^.!?\n]{0,60}\b(?:commas?|semicolons?|colons?|columns?|rows?|headers?|footers?|whitespace|blank lines?|empty lines?|the lines?|first lines?|spaces|brackets?|quotes|punctuation|duplicates|null values|outliers|comments|weekends?|holidays|kommas?|zeilen?|spalten?|leerzeichen|virgules?|lignes?|colonnes?|comas?|columnas?|filas?|righe|colonne|virgola)\b"
)
_INSTRUCTIONS_I_GAVE = re2.compile(
    without_marks(rf"\b{OBJECT}\b[^.!?\n]{{0,24}}{I_GAVE}|{I_GAVE}[^.!?\n]{{0,24}}\b{OBJECT}\b").encode()
)
_WAS_IGNORED = re2.compile(
    without_marks(
        rf"\b{OBJECT}\b[^.!?\n]{{0,40}}\b(?:(?:was|were|been|being|got|gets|is|are) (?:\w{{1,14}} ){{0,2}}(?:ignored|forgotten|disregarded|overlooked|dropped|lost)|wurden? (?:\w{{1,14}} ){{0,3}}(?:ignoriert|missachtet|ubergangen|vergessen|nicht)"
        r"|(?:a|ont|as|avez) ete (?:\w{1,14} )?(?:ignor|oubli|neglig)\w{1,4}|(?:fue|fueron|ha sido|han sido|foi|foram|e stata|sono state|e stato) (?:\w{1,14} )?(?:ignor|olvid|esquec|dimentic|trascur)\w{2,6}|(?:werd|werden|is|zijn) (?:\w{1,14} ){0,2}(?:genegeerd|vergeten)|zostal\w{0,2} (?:\w{1,14} )?(?:zignorowan|pominiet)\w)"
        r"|(?:инструкци|указани)\S{1,3} (?:\S{1,20} )?был\S? (?:про)?игнорирован|(?:指令|指示|要求)\S{0,6}被\S{0,4}(?:忽略|无视)|指示\S{0,8}無視され|지시\S{0,4} ?무시 ?(?:되|당)"
    ).encode()
)
_SHORT_FORMS = (_FORM, _RESET, _FORMAT, _PARSING, _INSTRUCTIONS_I_GAVE, _WAS_IGNORED)
_SENTENCE_ENDS = re2.compile("[.!?。！？]+(?:\\s|$)|[。！？\n]|: ".encode())
_HIDES = r"(?:reveal|disclose|share|print|repeat|show|output|discuss|mention|leak|expose|divulge|quote|verraten?|preisgeben|preiszugeben|nenne\w?|zeige\w?|offenlegen|revel\w{1,4}|divulgu\w{1,3}|montre\w{0,2}|muestr\w{1,2}|compart\w{1,3}|mostr\w{1,3}|rivel\w{1,4}|onthul\w{0,2}|deel|ujawnia\w{0,2}|zdradza\w{0,2})"
_HIDDEN = r"(?:instruct|prompt|rules|guidelines|secrets?|system message|passwor|configuration|anweisung|regeln|kennwort|consigne|regle|secret|instruc|regla|regra|contrasena|senha|istruzion|regol|instructies|instrukcj|zasad|mot de passe)"
_DEFENCE = re2.compile(
    without_marks(
        rf"\b(?:never|do not|don't|must not|must never|should not|cannot|refuse to|decline to|nie|niemals|darfst nicht|ne|jamais|no|nunca|jamas|non|mai|nao|nooit|niet|nigdy)\b(?: ever| directly| under any circumstances| bitte)? (?:\w{{1,12}} ){{0,2}}{_HIDES} (?:[\w'/-]{{1,16}} ){{0,4}}\w{{0,8}}{_HIDDEN}"
        rf"|\b{_HIDDEN}\w{{0,6}} (?:[\w'/-]{{1,12}} ){{0,2}}(?:nie(?:mals)?|nicht) (?:\w{{1,12}} )?{_HIDES}"
        r"|\b(?:if|when|whenever|wenn|falls|si|quand|cuando|se|quando|als|wanneer|jesli|gdy)\b[^.!?\n]{0,30}\b(?:users?|someone|anyone|customers?|they|tool|documents?|content|results?|pages?|e-?mails?|messages?|nutzer\w{0,2}|benutzer\w{0,2}|jemand|dokument\w{0,2}|utilisateur|quelqu'un|usuari[oa]|alguien|documento|utente|qualcuno|alguem|gebruiker|iemand|uzytkownik|ktos)\b[^.!?\n]{0,90}\b(?:ignore|refuse|decline|do not|don't|never|politely|redirect|lehne\w?|ignoriere\w?|weise|refuse[zs]?|ignore[zs]?|rechaz\w{1,2}|ignora|rifiuta|recuse|weiger|negeer|odmow|zignoruj)\b"
        r"|\b(?:ignore|refuse|reject|decline|resist) (?:any|all|every) (?:attempts?|requests?|instructions?)(?: of| by| from| in| inside| within| that| to)\b"
        r"|\b(?:treat|regard|consider)\b[^.!?\n]{0,50}\b(?:as|like) (?:untrusted )?(?:data|content|text|input)\b"
        r"|\b(?:do not|don't|never) (?:follow|obey|execute|act on|trust) (?:any )?(?:instructions?|commands?|orders)[^.!?\n]{0,20}\b(?:in|from|inside|within|contained|embedded|found)\b"
    ).encode()
)
_PROMPT_WORK = re2.compile(
    without_marks(
        r"\b(?:write|draft|create|design|improve|review|rewrite|generate|refine|shorten|critique|check|proofread|optimi[sz]e|make|build|craft|suggest|need|want|schreib\w{0,3}|erstell\w{0,3}|verbesser\w{0,3}|pruf\w{0,3}|uberarbeit\w{0,3}|formulier\w{0,3}|redige\w{0,2}|ecri[st]\w{0,3}|amelior\w{1,3}|relis\w{0,3}|corrige\w{0,2}|cree\w?|escrib[ae]|redacta|mejora|revisa|crea|scrivi\w{0,2}|migliora|rivedi|redija|escreva|melhore|revise|crie|schrijf|verbeter|maak|napisz|popraw|sprawdz|stworz)"
        r" (?:me |us |mir |uns |moi |nous |mi |un po' )?(?:an?|my|our|this|these|another|some|the following|ein\w{0,2}|mein\w{0,2}|unser\w{0,2}|diesen?|une?|mon|notre|ce|un[ao]?|mi|nuestro|este|il mio|questo|um|meu|esse|mijn|een|dit|onze|moj|ten)? ?(?:[\w'/-]{1,20} ){0,3}?(?:chatgpt |system[ -]?|ai |llm )?(?:prompts?|systemprompts?|systeemprompts?|persona|systemanweisung|consignes? systeme|instrucciones de sistema)\b"
        r"|\bprompt (?:generator|engineer|writer|creator|template|library)\b|\bpromptgpt\b|\b(?:agent|assistant|persona|character|prompt) (?:creator|builder|generator|designer)\b"
    ).encode()
)
_SECTION = re2.compile(
    rb"(?m)^(?:#{1,6}|\*\*|[-*]|\d{1,2}\.)? ?\*{0,2}(?:your )?(?:role|roles|character|persona|profile|skills?(?: \d)?|abilit\w{1,4}|capabilit\w{1,4}(?: \d)?|constraints?|limitations?|guidelines?|rules|goals?|objectives?|workflow|steps|output format|response (?:style|format)|interaction(?: mode)?|initiali[sz]ation|background|tone|style|tasks?|context|instructions?|rolle|aufgabe|regeln|ziele?|fahigkeiten|competences?|contraintes?|objectif|habilidades|restricciones|objetivo|limitaciones|ruolo|vincoli|funcao|restricoes)(?:\b[^\n]{0,40})?$"
)
_ABOUT = re2.compile(
    rb"^\W*(?:please )?(?:tell me (?:more )?about|explain|describe|what (?:does|do)|how (?:do|does|can|should) (?:i|we|the|a)|where (?:do|can|is)|which|why (?:do|does|is)|erklare?\w{0,2}|was bedeutet|wie (?:kann|funktioniert)|explique\w{0,2}|comment|explica\w{0,2}|que significa|come|spiega\w{0,3}|como|leg|wat betekent|wyjasnij|co oznacza) "
)
_OF_MACHINE = re2.compile(
    rb"\b(?:your|yours|you|dein\w{0,2}|dir|du|tes|ton|toi|tu|tus|tuo|tue|tuoi|seus?|suas?|je|jouw|twoj\w{0,2}|swoj\w{0,2}|hidden|secret|above|ignore|ignoring|bypass)\b"
)

_QUESTION = re2.compile(
    without_marks(
        r"^\W*(?:(?:hi|hello|hey|please|ok|okay|hallo|bonjour|salut|hola|ciao|ola|bitte)[, !]{1,3})?(?:"
        r"(?:can|could|would) you (?:please )?(?:explain|describe|recommend|suggest|help me (?:understand|with)|tell me (?:how|what|why|about))|explain|describe|how (?:do|does|did|can|could|should|would|to|is|are|long|much|many)"
        r"|what (?:is|are|was|were) (?:an?|the (?:difference|best|purpose|role|meaning|history|most|main|benefits|advantages)|some|good)|what (?:does|do|happens|kind|type)|why (?:is|are|do|does|did|would)|when (?:should|do|does|did|was)|which|who (?:was|wrote|invented)|where (?:can|do|is|does)|is (?:it|there)|are there|should i|do i"
        r"|wie (?:kann|macht|funktionier|lern|schreib|geht|viel|lange|werden|wird)\w{0,2}|was (?:ist|sind) (?:der|die|das|ein)|was bedeutet|warum|welche\w?|erklare?\w{0,2}|kannst du (?:mir )?erklaren|comment|pourquoi|qu'est-ce qu|quels?|quelles?|explique\w{0,2}|como|por que|que (?:es|significa)|cuales?|explica\w{0,3}|come|perche|che cos|quali?|spiega\w{0,2}|o que (?:e|significa)|quais|hoe|waarom|wat (?:is|betekent)|welke|leg uit|jak|dlaczego|co to|czym jest|wyjasnij) [^\n.!?]{0,240}[.!?]?\W{0,4}$"
    ).encode()
)
_WORDS = re.compile(r"[^\W\d_]{2,30}")
_ENGLISH_WORDS = frozenset(
    [
        "the",
        "and",
        "you",
        "your",
        "are",
        "that",
        "this",
        "with",
        "what",
        "have",
        "from",
        "not",
        "any",
        "will",
        "how",
        "who",
        "write",
        "tell",
        "say",
        "must",
        "should",
        "would",
        "can",
        "which",
        "when",
        "if",
        "it",
        "my",
        "all",
    ]
)
_TO_MACHINE = re2.compile(
    rb"\b(?:yours?|you (?:were|are|have|had|got|see|know|received)|above|previous|hidden|secrets?|system prompt|pass-?\w{0,6}|pins?|(?:access|secret|security|entry) (?:codes?|keys?|words?)|granted|ignor\w{1,3}|disregard\w{0,3}|reveal|dan|jailbreak|dein\w{0,2}|dir|kennw\w{1,3}|geheim\w{0,3}|ton|tes|toi|mots? de passe|tus?|contrasena|tuo|tue|tuoi|seus?|suas?|senha|je|jouw|wachtw\w{1,4}|twoj\w{0,2}|swoj\w{0,2}|hasl\w{1,2})\b"
)


def is_general_question(normalised: str) -> bool:
    """Whether a text is one question about the world, which neither speaks to the machine nor asks for a password."""
    if len(normalised) > MAX_QUESTION_CHARS:
        return False
    key = without_marks(normalised.lower()).encode("utf-8", "replace")
    return _QUESTION.search(key) is not None and _TO_MACHINE.search(key) is None


def is_foreign_prose(normalised: str) -> bool:
    """Whether a text has words enough and none of those without which an English one of its length hardly is."""
    words = _WORDS.findall(normalised[:MAX_PROSE_CHARS].lower())
    return len(words) >= MIN_PROSE_WORDS and _ENGLISH_WORDS.isdisjoint(words)


def is_ordinary_form(normalised: str) -> bool:
    """Whether the classifier may not block this text alone, for what kind of text it is.

    A form excuses only its own sentences: what stands beside them must be short and hold no sign of an attack.
    """
    key = without_marks(normalised.lower()).encode("utf-8", "replace")
    if len(normalised) <= MAX_CHARS and _is_short_form(key):
        return True
    return _is_prompt(key)


def _is_short_form(key: bytes) -> bool:
    """Whether a text asks for a password or for the caller's own instructions, complains, or asks about others' ones."""
    if frees_from_rules(key):
        return False
    sentences = _SENTENCE_ENDS.split(key)
    others = [sentence for sentence in sentences if not _is_about_others(sentence)]
    rest = [sentence for sentence in others if not any(form.search(sentence) for form in _SHORT_FORMS)]
    if len(rest) == len(sentences) or sum(len(sentence.split()) for sentence in rest) > MAX_WORDS_BESIDE:
        return False
    return not any(has_attack_signs(_without_forms(sentence)) for sentence in others)


def _is_about_others(sentence: bytes) -> bool:
    """Whether a sentence is about the instructions of a game or the like, or asks what something is."""
    if is_of_others(sentence):
        return _TO_MACHINE.search(sentence) is None or not has_attack_signs(sentence)
    return _ABOUT.search(sentence) is not None and _OF_MACHINE.search(sentence) is None


def _without_forms(key: bytes) -> bytes:
    """The text without the words that make its forms, which are words of attacks too."""
    for form in (*_SHORT_FORMS, _DEFENCE):
        key = form.sub(b"\n", key)
    return key


def _is_prompt(key: bytes) -> bool:
    """Whether a text is a prompt that somebody writes, or asks to write one, and has no sign of an attack itself."""
    beginning = key[:MAX_BEGINNING_CHARS]
    is_prompt = (
        _PROMPT_WORK.search(beginning) is not None
        or sum(1 for _ in _SECTION.finditer(key)) >= MIN_SECTIONS
        or _DEFENCE.search(key) is not None
    )
    return is_prompt and not has_attack_signs(_without_forms(key))

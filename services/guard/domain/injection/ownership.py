"""Tells whose instructions a phrase is about: the machine's own, or those of a game, a recipe or a person."""

# ruff: noqa: E501, RUF001 - a list of words is readable on one line only, in its own script

from itertools import islice

import re2

from services.guard.domain.injection.complaints import (
    is_about_own_words,
    is_mode_of_conversation,
    is_no_order,
)
from services.guard.domain.text.homoglyphs import without_marks

OWNED_PATTERNS = frozenset({"override", "defy", "forget-all", "reveal-prompt", "role-escape"})
"""The patterns that are about instructions, by name."""
OTHERS_FACTOR, UNCERTAIN_FACTOR = 0.25, 0.7
"""Multiply the weight of a phrase about others' instructions, and of one that does not say whose they are."""
MAX_HEAD_BYTES, MAX_TAIL_BYTES = 72, 96
"""Before and after a match, in which the owner of the instructions is searched."""

MAX_OBJECTS = 16
"""Mentions of instructions in a text whose owner is searched."""

# Words for what has instructions and rules beside a machine, by language.
_LATIN_TOPICS = (
    r"chess|checkers|games?|poker|soccer|football|tennis|recipes?|cooking|baking|rice|bread|contracts?|lease|tenancy|teachers?|professors?|doctors?|physicians?|nurses?|mother|mom|father|dad|parents?|boss|coach|courts?|judges?|lawyers?|statutes?|treat(?:y|ies)|clauses?|homework|exams?|essays?|school|grammar|spelling|traffic|driving|road|washing|laundry|assembly|installation|dosage|medications?|medicines?|shipping|delivery|deliveries|returns?|refunds?|payments?|invoices?|parking|library|travel|flights?|navigation|knitting|sewing|lego|ikea|furniture|shelf|manuals?|manufacturers?|appliances?|eslint|linter|css|git|makefile|compiler|firewall|router|regex|sql|nginx|apache|kubernetes|stylesheets?|class(?:es)?|branch(?:es)?|e-?mails?|mails?|letters?|voicemail|phone|android|iphone|chromebook|tablet|community|house|church|club|union|hotel|airline|bank|insurance|landlord|pages? \d+|exercises?|worksheets?|pilots?|tower|puzzles?|riddles?|quiz"
    r"|spiel\w{0,3}|schach\w{0,4}|brettspiel\w{0,3}|rezept\w{0,3}|kochen|backen\w{0,2}|vertrag\w{0,2}|mietvertrag\w{0,2}|hausordnung|lehrer\w{0,4}|arzt\w{0,3}|arztes|chef\w{0,2}|gericht\w{0,3}|gesetz\w{0,3}|hersteller\w{0,2}|waschmaschine\w{0,1}|antrag\w{0,2}|formular\w{0,2}|schule|prufung|verkehr\w{0,2}|strassenverkehr\w{0,2}|montage\w{0,10}|mieter\w{0,2}|vermieter\w{0,2}|bestellung\w{0,2}|rechnung\w{0,2}"
    r"|jeux?|echecs|recettes?|cuisine|contrats?|bail|professeur\w{0,2}|maitre\w{0,3}|medecin|tribunal|loi|fabricant|notice|lave-linge|montage|monter|meuble|ecole|examen|route|livraison|facture|commande"
    r"|juegos?|ajedrez|recetas?|cocina|contrato|profesor\w{0,2}|maestr[oa]|medico|tribunal|ley|fabricante|lavadora|montaje|escuela|trafico|envio|factura|pedido"
    r"|giochi|gioco|scacchi|ricett[ae]|cucina|contratto|professor\w{0,4}|maestr[oa]|produttore|lavatrice|montaggio|scuola|legge|fattura|ordine"
    r"|jogos?|xadrez|receitas?|cozinha|contrato|professor\w{0,2}|medico|tribunal|lei|maquina de lavar|montagem|escola|transito|fatura|pedido"
    r"|spel\w{0,4}|schaak\w{0,4}|recept\w{0,3}|koken|huurcontract|leraar|lerares|dokter|rechter|fabrikant|wasmachine|school|verkeer|bestelling|factuur"
    r"|gry|gier|szach\w{0,4}|przepis\w{0,3}|umow\w{0,3}|nauczyciel\w{0,3}|lekarz\w{0,2}|sad\w|producent\w{0,3}|pralk\w{0,2}|szkol\w{0,4}|ruchu drogowego"
    r"|joc\w{0,4}|sah\w{0,4}|retet\w{0,3}|contract\w{0,4}|profesor\w{0,4}|medic\w{0,4}|producator\w{0,4}|scoal\w{0,2}"
)
_TURKISH_TOPICS = r"oyun\w{0,6}|satranc\w{0,4}|tarif\w{0,4}|sozlesme\w{0,5}|ogretmen\w{0,5}|doktor\w{0,4}|kanun\w{0,4}|uretici\w{0,4}|okul\w{0,4}|trafik"
_OTHER_TOPICS = (
    r"игр[аыуео]|шахмат|шашк|рецепт|договор|аренд|учител|врач|закон|суда|стиральн|производител|школ|экзамен|дорожн|письм|заказ"
    r"|游戏|棋|食谱|菜谱|合同|老师|医生|法律|法院|说明书|洗衣机|考试|比赛|交通|学校|客户|邮件|作业|课文|订单"
    r"|ゲーム|将棋|チェス|レシピ|料理|契約|先生|教師|医師|医者|法律|説明書|洗濯機|試験|学校|交通|メール|注文"
    r"|게임|체스|바둑|레시피|요리|계약|선생|교사|의사|법률|설명서|세탁기|시험|학교|교통|메일|주문"
    r"|اللعبة|لعبة|الشطرنج|الوصفة|العقد|المعلم|المدرس|الطبيب|القانون|المحكمة|الغسالة|المدرسة|المرور|الطلب"
    r"|खेल|शतरंज|व्यंजन|अनुबंध|शिक्षक|डॉक्टर|कानून|न्यायालय|मशीन|विद्यालय|स्कूल|परीक्षा|यातायात"
)
_TOPIC = rf"(?:\b(?:{_LATIN_TOPICS}|{_TURKISH_TOPICS})(?:['’]s?)?(?:\b|$)|{_OTHER_TOPICS})"
# Of whom or what instructions are that are the machine's own, or of the conversation.
_MACHINE_OWNERS = frozenset(
    b"above ai anthropic any api app application assistant base before beginning below bot chat chatbot chatgpt claude"
    b" company conversation course creator creators developer developers dialogue earlier everything gpt here human humans"
    b" language later llm machine makers message messages mine model moment next now openai operation operations operator"
    b" origin privacy ethics creation responses answers programming training functioning programmer programmers prompt prompts provider rest role safety security service session system systems task"
    b" that this today top training turn user users yesterday you your yours"
    b" base depart programmation formation creation confidentialite donnees ethique entrainement reponses fonctionnement securite systeme developpeur developpeurs modele conversation dessus avant ia tout tous"
    b" datenschutz ethik programmierung ausbildung oben davor zuvor vorher entwickler entwicklern modells systems ki nutzer nutzers chats gesprachs anfang"
    b" programacion formacion creacion privacidad datos etica entrenamiento respuestas funcionamiento operacion programmazione formazione creazione risposte funzionamento riservatezza dati programacao formacao criacao privacidade dados treinamento respostas funcionalidade operacao sistema seguridad desarrollador desarrolladores modelo conversacion arriba antes todo sicurezza modello conversazione"
    b" sopra prima sviluppatore sviluppatori seguranca desenvolvedor desenvolvedores conversa acima ti te tu si inizio inicio"
    b" systeem veiligheid ontwikkelaar ontwikkelaars gesprek boven hierboven verder fabrica fabbrica openais".split()
)
OBJECT = (
    r"(?:instruct\w{1,5}|instruc\w{2,6}|instruktion\w{0,2}|instrukcj\w{0,3}|istruzion\w|anweisung\w{0,2}|anleitung\w{0,2}|angaben?|vorgaben?|rules?|regeln?|regles?|reglas?|regole?|regras?"
    r"|directions?|directives?|direttiv\w|diretriz\w{0,2}|guidelines?|richtlini?e?n?|consignes?|indicacion\w{0,2}|orders|ordenes|ordens|ordini|ordres|commands?|befehle?n?|constraints?|restrictions?"
    r"|policy|policies|protocols?|limitations?|training|context|prompts?|messages?|mensajes?|statements?|questions?|text|words|regels|aanwijzingen|opdrachten|settings?|filters?|everything|programming)"
)
"""Words for instructions, rules and prompts."""
_DETERMINER = r"(?:(?:the|an?|this|that|these|those|any|all|each|der|die|das|dem|den|des|ein\w{0,2}|les?|la|l'|un[ae]?|cette?|ce|el|los|las|lo|il|gli|i|os?|as|het|de|deze|your|dein\w{0,2}|votre|vos|ton|ta|tes|tus?|sus?|(?:il |la |le |i )?tu[oaei]i?|seus?|suas?|teus?|tuas?|jouw|je|uw) |l'|d')?"
_OWNER = re2.compile(
    rf"\b{OBJECT}(?: \w{{4,20}})? (?:of|from|des|der|vom|von|aus|de|du|del|della|dello|dei|delle|do|da|dos|das|di|van|van de|van het) {_DETERMINER}([\w'-]{{1,24}})".encode()
)
_OBJECTS = re2.compile(rf"\b{OBJECT}\b".encode())
_TOPIC_IN_MATCH = re2.compile(without_marks(_TOPIC).encode())
# In these languages the owner stands before what it owns.
_TOPIC_BEFORE = re2.compile(
    without_marks(rf"(?:\b(?:{_TURKISH_TOPICS})|{_OTHER_TOPICS})\S{{0,24}}\s?(?:\S{{1,24}}\s)?$").encode()
)
_TOPIC_AFTER = re2.compile(
    without_marks(
        rf"^[^\s,]{{0,48}}\s(?:(?:(?:you )?(?:were |was )?(?:given |received |got |made |written |issued )?)?(?:in|on|by|at|about|for|to|of|from|regarding|im|in|beim|auf|fur|uber|zum|zur|pour|sur|dans|para|sobre|per|sul\w{{0,2}}|nel\w{{0,2}}|em|voor|over|dla|w|o|для|в|о|к|из|от) )(?:(?:the|an?|my|our|this|that|his|her|their|der|die|das|dem|den|ein\w{{0,2}}|les?|la|el|los|las|il|lo|het|de) )?(?:[\w-]{{1,20}} )?{_TOPIC}"
        rf"|^[^\s,]{{0,48}}\sen (?:(?:les?|la|el|los|las|cette|ce|mi|su|una?|une) (?:[\w-]{{1,20}} )?)?{_TOPIC}"
        r"|^[^\s,]{0,24} (?:gry|gier|szach\w{0,4}|przepis\w{0,3}|umow\w{0,3}|szkol\w{0,4}|игр[аыуео]|шахмат|шашк|рецепт|договор|аренд|учител|врач|закон|суда|школ|экзамен|дорожн)"
    ).encode()
)
_RELATIVE_CLAUSE = re2.compile(
    without_marks(
        r"^\S{0,16},? ?(?:die|das|der|welche\w?|that|which|qui|que|che|dat|ktor\w{1,2}|котор\S{2,6}) "
    ).encode()
)
_OTHER_PERSON_AFTER = re2.compile(
    rb"^\w{0,8} (?:in|on|about|for|to|from|of|regarding) (?:my|our|his|her|their|mein\w{0,2}|unser\w{0,2}|mon|ma|mes|notre|nos|mis?|nuestr\w\w?|mi[oae]|miei|nostr\w|meus?|minhas?|noss\w\w?|mijn|onze?) "
    rb"|^\w{0,8} (?:that |which )?(?:the|my|our|his|her|their|an?) [\w-]{1,20} (?:gave|received|got|sent|wrote|set|left|provided|issued)\b"
)
# What the caller said or wrote, or what is asked about such texts in general.
_OWN_INSTRUCTIONS = re2.compile(
    (
        r"\b(?:my|our|his|her|their|mein\w{0,2}|unser\w{0,2}|ma|mes|mon|nos|notre|mis?|nuestr\w\w?|miei|mi[aeo]|meus?|minhas?|mijn|onze|moje|nasze) (?:\w{1,20} ){0,2}"
        + OBJECT
    ).encode()
)
I_GAVE = (
    r"(?:\b(?:i|we)(?:'ve| have| had| just| already){0,2} (?:said|told|wrote|asked|gave|given|sent|shared|provided|mentioned|listed|typed|entered|pasted|posted|used|set|specified|dictated)\b"
    r"|\bich\b[^.\n]{0,60}\b(?:gesagt|geschrieben|erzahlt|habe|gab|schickte)|\b(?:j'ai|je t'ai|je vous ai|nous avons) (?:dit|ecrit|demande|donne|envoye|indique)\w{0,2}"
    r"|\b(?:dije|he dicho|escribi|he dado|te di|le di|les di|te envie|envie|mencione)\b|\b(?:ti|le|vi)? ?ho (?:detto|scritto|dato|inviato|chiesto)|\beu (?:(?:te|lhe) )?(?:disse|escrevi|dei|enviei|pedi)|\b(?:te|lhe) dei\b"
    r"|\bik (?:je|jou|u)?(?: \w{3,10})? ?(?:gaf|gegeven|stuurde|zei|heb|schreef)|\b(?:podal\w{1,2}|dal[ae]m|wyslal[ae]m|napisal[ae]m)\b|я (?:тебе |вам |ранее )?(?:дал|написал|отправил|сказал)|我(?:给你的|发给你|告诉你)|私が(?:伝え|送っ|書い|出し)|내가 (?:준|보낸|말한|쓴))"
)
"""A clause that names the caller as the one who gave the instructions."""
_OWN_WORDS = re2.compile(
    without_marks(
        rf"\bwhat i\b|{I_GAVE}|\bwat ik\b|\bco (?:mowilem|mowilam|powiedzial\w{{1,2}})"
        r"|я (?:сказал|писал|говорил)|我(?:刚才|之前)?说|私が言|내가 (?:말|한)|söyledi[ğg]im|soyledigim"
    ).encode()
)
_IN_GENERAL = re2.compile(
    without_marks(
        r"\b(?:an?|another|some|good|better|best|example|examples|sample|difference|how to|how do|purpose|concept|ein|eine[mnrs]?|beispiel\w{0,2}|un|une|exemples?|una|uno|ejemplos?|esempi\w|um|uma|exemplos?|een|voorbeeld\w{0,3}|przyklad\w{0,2}|bir|ornek)\b (?:\w{1,20} ){0,3}(?:system|prompt|sistema|message|instruct|instruc|istruz|anweisung)"
        r"|\b(?:two|three|four|five|six|ten|\d{1,2}|several|few|many|drei|zwei|trois|deux|tres|dos|tre|due|drie|twee) (?:\w{1,20} ){0,3}(?:prompts|system messages|systemprompts)\b"
        r"|\bwhat (?:is|are|was|were) (?:system )?(?:prompts?|system instructions?|system messages?)\b|пример|что такое|什么是|例子|一个|怎么写|如何写|とは|書き方|예시|무엇|مثال|ما هو|उदाहरण|क्या है"
    ).encode()
)
_POSSESSIVE = re2.compile(rf"([\w-]{{2,20}})['’]s? (?:\w{{1,20}} ){{0,2}}{OBJECT}".encode())
_YOURS = re2.compile(rf"\byour ((?:[\w-]{{1,20}} ){{0,3}}){OBJECT}".encode())
_YOURS_ELSEWHERE = re2.compile(
    without_marks(
        r"^(?:忽略|无视|忽视|忘记|忘掉|绕过)(?:所有|一切|掉)?你(?:所有|一切|全部)?的|你的系统|あなたの|당신의|너의"
    ).encode()
)
_OWN_MODIFIERS = frozenset(
    b"actual all base basic built-in complete core current custom default developer developers earlier entire ethical exact first"
    b" foundational full given guiding hidden initial internal main moral operating original own pre-set preset previous"
    b" prior programmed real safety secret security standard strict system true underlying very whole ai content old usual"
    b" confidential private above hard-coded hardcoded programming existing former so-called silly stupid dumb new".split()
)
_MACHINE = re2.compile(
    without_marks(
        r"\b(?:your|system\w{0,3}|systeem\w{0,8}|sistema|systeme|developer|openai|prompts?|ai's|model's|above|foregoing|you (?:were|are|have|had|received|got)|programmed|programming|built-in|hidden"
        r"|dein\w{0,2}|dir|ihre\w?|tes|ton|ta|vos|votre|tus?|tu[aei]|tuoi|suas?|seus?|tuas?|teus?|je|jouw|uw|swoje|twoje|tale|oben|obig\w{0,2}|ci-dessus|arriba|sopra|acima)\b"
        r"|сво[ияей]|тво[ияей]|систем|你的|系统|あなた|システム|당신|너의|시스템|تعليماتك|अपने|आपके|प्रॉम्प्ट|промпт|提示|プロンプト|프롬프트"
    ).encode()
)
_ADDRESSED = re2.compile(
    without_marks(
        r"\b(?:your|you|dein\w{0,2}|dir|ihre\w?|tes|ton|ta|vos|votre|tus?|tu[aei]|tuoi|suas?|seus?|teus?|jouw|twoj\w{0,2})\b|сво[ияей]|тво[ияей]|你|あなた|당신"
    ).encode()
)
# What a shop, a job and a team give too.
_UNCLEAR_OBJECT = re2.compile(
    rb"orders|command|rule|direction|restriction|constraint|polic|training|context|input|limit|protocol|message|statement|question|setting|filter|parameter| mode"
    rb"|regel|regl|regol|regra|norm|mensaje|ordini|ordenes|ordens|ordres|auftrag|aufgabe|angaben|parametr|befehl|opdracht|standard|estandar|metod"
)
_TELLING = re2.compile(
    rb"^(?:reveal|print|show|repeat|output|tell|give|share|display|write|state|list|disclose|copy|paste|return|provide|spell|summari|translate|what)"
)
_CLEAR_OBJECT = re2.compile(
    without_marks(
        r"\b(?:instruct|instruc|istruz|instrukcj|instruktion|anweisung|directive|direttiv|diretriz|consigne|guidelines|polecen|talimat|opdracht|aanwijzing|befehl|programmier|richtlini|dan\b|do anything now|jailb|unrestricted|unfiltered)"
        r"|инструкц|указани|指令|指示|지시|지침|التعليمات|تعليمات|الأوامر|निर्देश|नियम|规则|ルール|規則|규칙|القواعد|правил|\bkural|\bzasad|\bregul"
    ).encode()
)
# Of a program: its default limits.
_DEFAULTS = re2.compile(
    rb"predeterminad|por defecto|padrao|predefinit|par defaut|implicit|standard|estandar|\bdefault"
)
# "What are your instructions?" asks a shop as well, and is left to the classifier.
_BARE_QUESTION = re2.compile(
    rb"^what (?:is|are|was|were) your (?:instructions?|guidelines|directives?|rules)$"
)
# "Forget everything you know about coffee."
_KNOWN_ABOUT = re2.compile(rb"^ (?:about|on) (?:the |an? )?([\w'-]{1,24})")
_KNOWN_OF_ITSELF = _MACHINE_OWNERS | frozenset(
    b"being yourself rules instructions guidelines ethics limits restrictions how what who morals morality".split()
)
# A text in the conversation, which people give as material for a task.
_TEXT_ABOVE = re2.compile(
    rb"\b(?:text|words?|content|sentences?|paragraphs?) above\b|\babove (?:text|words?)\b"
)
_TEXT_WORK = re2.compile(rb"\b(?:translate|summari[sz]e|spell-? ?check|encode|copy|write)\b")

MAX_QUESTION_CHARS = 160
_QUESTION_WORDS = (
    "prompt",
    "instruction",
    "anweisung",
    "istem",
    "промпт",
    "提示词",
    "プロンプト",
    "프롬프트",
    "प्रॉम्प्ट",
    "موجه",
)
_CONCEPT_QUESTION = re2.compile(
    without_marks(
        r"^\W*(?:(?:please |can you |could you |kannst du |konnen sie |peux-tu |puedes |puoi |voce pode |kun je )?(?:\w{1,10} )?(?:explain|describe|define|erklar\w{0,3}|explique\w{0,2}|explica\w{0,3}|spiega\w{0,3}|leg)\b[^.!?\n]{0,40})?"
        r"(?:what(?:'s| is| are| does| do)|how (?:do|does|can|should|to)|why (?:do|does|is|are)|was (?:ist|sind|bedeutet)|was ein\w? |wie (?:schreib|funktionier)\w{0,3}|qu'est-ce qu|c'est quoi|ce qu'est|comment (?:ecrire|fonctionne)|que (?:es|son|significa)|que es|cos'e|che cos'e|cosa (?:e|sono)|o que (?:e|sao|significa)|wat (?:is|zijn|een)|co to (?:jest|sa)|что такое|如何|怎么|什么是|sistem istemi ne)"
        r"[^.!?。？\n]{0,8}\b(?:an?|ein\w{0,2}|un[ae]?|uno|um|uma|een|system|prompts?|the difference|der unterschied|la difference|la diferencia|la differenza|a diferenca|het verschil)\b[^.!?。？\n]{0,80}[.!?。？]?\W*$"
        r"|^[^.!?。？\n]{0,40}(?:システム)?プロンプトとは[^.!?。？\n]{0,20}[?？。]?$|^什么是[^.!?。？\n]{0,20}[?？。]?$|^[^.!?。？\n]{0,20}프롬프트(?:가|란|는)[^.!?。？\n]{0,16}[?？.]?$|^[^.!?\n]{0,12}что такое[^.!?\n]{0,40}[?]?$|^[^.!?।\n]{0,40}प्रॉम्प्ट क्या [^.!?।\n]{0,12}[?।]?$|^ما هو[^.!?؟\n]{0,40}[?؟]?$"
    ).encode()
)

_CLAUSE_ENDS = tuple(mark.encode() for mark in ".!?\n;:。！？，；：؟،।")


def is_concept_question(normalised: str) -> bool:
    """Whether a short text asks what a prompt is or how to write one, and not what this machine's own is."""
    if len(normalised) > MAX_QUESTION_CHARS:
        return False
    lower = normalised.lower()
    if not any(word in lower for word in _QUESTION_WORDS):
        return False
    key = without_marks(lower).encode("utf-8", "replace")
    return _CONCEPT_QUESTION.search(key) is not None and _ADDRESSED.search(key) is None


def ownership_factor(key: bytes, start: int, end: int) -> float:
    """What the weight of a match is multiplied with: 1 for the machine's own instructions."""
    matched = key[start:end]
    head, rest = key[max(0, start - MAX_HEAD_BYTES) : start], key[end : end + MAX_TAIL_BYTES]
    tail = _clause(rest)
    if _BARE_QUESTION.search(matched) is not None:
        return 0.0
    if _is_excused(head, matched, rest):
        return OTHERS_FACTOR
    if _YOURS.search(matched) is None and _YOURS_ELSEWHERE.search(matched) is None:
        if _OWN_WORDS.search(matched + tail) is not None or _IN_GENERAL.search(matched + tail) is not None:
            return OTHERS_FACTOR
        if _TEXT_ABOVE.search(matched) is not None:
            return OTHERS_FACTOR if _TEXT_WORK.search(matched) is not None else UNCERTAIN_FACTOR
    return 1.0 if _is_of_machine(matched) else UNCERTAIN_FACTOR


def _is_excused(head: bytes, matched: bytes, rest: bytes) -> bool:
    """Whether the match is no order, or about the instructions of others."""
    if is_mode_of_conversation(head, matched, rest):
        return False
    if is_no_order(head, matched, rest) or _TOPIC_BEFORE.search(head) is not None:
        return True
    return _is_of_others(matched, _clause(rest))


def _is_of_machine(matched: bytes) -> bool:
    """Whether the instructions are said to be the machine's, or can hardly be anyone else's."""
    if is_about_own_words(matched):
        return False
    if _MACHINE.search(matched) is not None:
        return True
    if _OWN_INSTRUCTIONS.search(matched) is not None:
        return False
    return _CLEAR_OBJECT.search(matched) is not None or _UNCLEAR_OBJECT.search(matched) is None


def _is_of_others(matched: bytes, tail: bytes) -> bool:
    """Whether a game, a person or the like is named as what the instructions are of."""
    if _TOPIC_IN_MATCH.search(matched) is not None or _TOPIC_AFTER.search(tail) is not None:
        return True
    if _is_your_other_thing(matched) or _is_known_of_others(matched, tail):
        return True
    if _RELATIVE_CLAUSE.search(tail) is not None and _TOPIC_IN_MATCH.search(tail) is not None:
        return True
    if _OTHER_PERSON_AFTER.search(tail) is not None:
        return True
    text = matched + tail
    owners = [text[match.start(1) : match.end(1)] for match in _OWNER.finditer(text)]
    possessors = [text[match.start(1) : match.end(1)] for match in _POSSESSIVE.finditer(matched)]
    return any(owner not in _MACHINE_OWNERS for owner in (*owners, *possessors))


def _is_your_other_thing(matched: bytes) -> bool:
    """Whether a machine is asked to tell of something that no machine has: "your delivery instructions"."""
    yours = _YOURS.search(matched)
    if yours is None or _TELLING.search(matched) is None:
        return False
    return not set(matched[yours.start(1) : yours.end(1)].split()) <= _OWN_MODIFIERS


def is_of_others(key: bytes) -> bool:
    """Whether a text speaks of the instructions of a game, a recipe or the like."""
    return any(
        _TOPIC_AFTER.search(_clause(key[match.end() : match.end() + MAX_TAIL_BYTES])) is not None
        for match in islice(_OBJECTS.finditer(key), MAX_OBJECTS)
    )


def _is_known_of_others(matched: bytes, tail: bytes) -> bool:
    """Whether it is knowledge of something else, or the default of a program."""
    known = _KNOWN_ABOUT.search(tail)
    if known is not None and matched.endswith(
        (b"know", b"learn", b"learned", b"learnt", b"told", b"taught", b"known")
    ):
        return tail[known.start(1) : known.end(1)] not in _KNOWN_OF_ITSELF
    if _DEFAULTS.search(matched) is None or _CLEAR_OBJECT.search(matched) is not None:
        return False
    return _ADDRESSED.search(matched) is None and _UNCLEAR_OBJECT.search(matched) is not None


def _clause(tail: bytes) -> bytes:
    """The bytes up to the end of the sentence."""
    ends = [at for mark in _CLAUSE_ENDS if (at := tail.find(mark)) >= 0]
    return tail[: min(ends, default=len(tail))]

"""The words that introduce or address a person, in the languages of the classifier and in others."""

import re

MAX_CHARS = 32
"""Before a name; no introduction is longer."""
TITLE = (
    r"(?:mrs?|ms|miss|mx|dr|prof(?:essor)?|sir|madam|lady|lord|herrn?|frau|monsieur|madame|mme|mlle"
    r"|m|se[ñn]or(?:a|ita)?|sra?|srta|do[ñn]a?|sig(?:nor[ea]?|ra)?|dott(?:\.ssa)?|senhora?|dhr"
    r"|mevr(?:ouw)?|mw|meneer)"
)
_TITLE_WORD = re.compile(TITLE, re.IGNORECASE)
_TITLE_ABROAD = (
    r"heer|pan(?:ie|em|u|i[ąe]?|ią)?|pan[íi]|v[áa][žz]en[ýy] pane|doamn(?:a|ei|ă)|domn(?:ul|ului|ule)"
    r"|gospodin[ea]?"
    r"|gospo[đd][aeou]|gosp\.|s[ae]y[\u0131i]n|ch[ịi]|anh|[ôo]ng|b[àa]|c[ôo]|th[ưu]a|bapak|pak|ibu"
    r"|saudar[ai]|herra|rouva"
    r"|fru|господин[\u0430\u0443]?|госпож[\u0430\u0435\u0443]|пан[еиіу]?|пане|κύρι[οε]ς?|κυρία[ς]?|κ\."
)
"""Titles in other languages; those that stand behind a name are in `caseless_names`."""
_GREETING = (
    r"dear|hi|hello|hey|bye|goodbye|hallo|hej|hei|hall[åo]|bonjour|salut|coucou|hola|ciao|ol[áa]|hoi"
    r"|cze[śs][ćc]|dzie[ńn] dobry|witaj|drog[iaą]|szanown[yaią]+|kochan[yai]|ahoj|dobr[ýy] den"
    r"|mil[ýáya]|v[áa][žz]en[ýáya]"
    r"|sevgili|merhaba|selam|b[äa]sta|k[äæ]re?a?|kj[æa]re|god dag|hyv[äa]|moikka|terve"
    r"|kedves|szia|tisztelt|drag[ăaieul]+|bun[ăa]|stimat[ăeaul]+|po[šs]tovan[aiue]|zdravo|bok"
    r"|(?:xin )?ch[àa]o|k[íi]nh g[ửu]i"
    r"|halo|selamat (?:pagi|siang|malam)|привет|привіт|здравствуй(?:те)?|добрый день|уважаем\w{2}|дорог\w{2}"
    r"|шановн\w{1,2}|γεια(?: \u03c3\u03bf\u03c5| σας)?|αγαπητ[έήόοι]\w{0,1}"
)
_CLOSING = (
    r"regards|cheers|sincerely|thanks|love|gr[üu][ßs]s?en?|groet(?:en|jes)?|cordialement|saludos|saluti"
    r"|atenciosamente"
    r"|pozdrawiam|pozdrav\w{0,3}|h[äa]lsningar|hilsen|mvh|terveisin|[üu]dv[öo]zlettel|sevgiler"
    r"|sayg[\u0131i]lar[\u0131i]mla|cu stim[ăa]"
    r"|\u0441 уважением|з повагою|tr[âa]n tr[ọo]ng|salam|signed|yours"
)
_SPOKEN = (
    rf"{TITLE}\.?|(?:my|his|her|your|their|full|first|last|sur|maiden|user|customer|patient"
    r"|partner'?s?)[ -]?name(?: is)?|(?:is|was|are|were) (?:called|named)|"
    r"calls? me|name(?:d| is)|i am|i'm|this is|dear|hi|hello|hey"
    r"|(?:regards|cheers|sincerely|thanks|thank you|love),?"
    r"|signed:?|attn:?|mein name ist|ich (?:bin|hei[ßs]s?e)|hei[ßs]s?t"
    r"|liebe[rs]?|hallo|hier ist|gr[üu][ßs]s?e?n?,?|je m'appelle|je suis|m'appelle|bonjour|"
    r"cher|ch[èe]re|ici|me llamo|mi nombre es|soy|se llama|hola|querid[oa]|estimad[oa]|mi chiamo|sono"
    r"|si chiama|ciao|car[oa]|gentile|meu nome [ée]|me chamo|chamo-me|ol[áa]|aqui [ée]|"
    r"prezad[oa]|mijn naam is|ik (?:ben|heet)|heet|beste|groet(?:en|jes)?,?|met"
    r"|nazywam si[ęe]|mam na imi[ęe]|jmenuji se|vol[áa]m sa|zovem se|numele meu este|m[ăa] numesc"
    r"|ad[\u0131i]m|jag heter|mitt namn [äa]r|je[gi] he(?:dder|ter)|mi(?:t|tt) navn er|nimeni on|a nevem"
    r"|(?:your|first|last|full|family|maiden|sur)[ -]?name\?|(?:votre|ton|pr[ée]|de famille)[ -]?nom ?\?"
    r"|(?:dein|ihr|vor|nach)[ -]?name\?|apellidos?\?|(?:su|tu) nombre\?|cognome\?|sobrenome\?|achternaam\?"
    r"|(?:benim )?ad[\u0131i]m|ben|jmenuju se|volám se|nimeni|sono|hívnak|zovem se|ime mi je|tên em là"
    r"|nama saya|t[ôo]i t[êe]n l[àa]|t[êe]n t[ôo]i l[àa]|меня зовут|мене звати|мо[её] имя|με λένε"
)
_ROLE = (
    r"(?:(?:full|first|last|sur|maiden|user|customer|patient)?[ -]?name|to|from|for|cc|customer|patient"
    r"|client|employee|contact|sender|recipient|author|by|assignee|reporter|manager):"
    r"|(?:account|card) ?holder|kontoinhaber(?:in)?|titulaire|titular|intestatari[oa]|op naam van|tenant"
    r"|kund(?:e|in)|patient(?:in)?|pati[eë]nt|paciente|paziente|mieter(?:in)?|mitarbeiter(?:in)?|client[ea]?"
    r"|klant|huurder|inquilin[oa]"
)
_LABEL = (
    r"nombre(?: y apellidos?)?|apellidos?|nom(?: complet)?|pr[ée]nom|(?:vor|nach|familien)?name"
    r"|nome(?: completo)?|cognome"
    r"|sobrenome|(?:voor|achter)?naam|imi[ęe](?: i nazwisko)?|nazwisko"
    r"|jm[ée]no(?: a p[řr][íi]jmen[íi])?|p[řr][íi]jmen[íi]"
    r"|ad[\u0131i]?(?: ve)?(?: soyad[\u0131i]?)?|soyad[\u0131i]?|isim|(?:för|efter)?namn|(?:for|etter"
    r"|efter)?navn|(?:etu|suku)?nimi|n[ée]v"
    r"|(?:pre)?nume(?: [șs]i prenume)?|ime(?: i prezime)?|prezime|h[ọo] (?:v[àa] )?t[êe]n|t[êe]n"
    r"|nama(?: lengkap)?"
    r"|имя|фамилия|фио|ім['\u2019]я|прізвище|піб|όνομα|επώνυμο|ονοματεπώνυμο|contact(?:o"
    r"|ansprechpartner)?|ansprechpartner"
    r"|contactpersoon|yetkili|osoba kontaktowa|kontaktperson|kontakt"
)
_END = r"[ \n]{1,2}[\"']?\Z"
SPOKEN_INTRODUCTION = re.compile(rf"(?<![^\W_])(?<!\w-)(?:{_SPOKEN}){_END}", re.IGNORECASE)
INTRODUCTION = re.compile(
    rf"(?<![^\W_])(?<!\w-)(?:{_SPOKEN}|{_ROLE}|{_TITLE_ABROAD}|(?:{_GREETING}|{_CLOSING}),?"
    rf"|(?:{_LABEL}) ?:){_END}",
    re.IGNORECASE,
)
_WEAK = (
    r"(?:is|was|are|were) (?:called|named)|named|this is|i am|i'm|ich bin|hei[ßs]s?t|hier ist|je suis|ici"
    r"|soy|sono|ik ben|heet|met|aqui [ée]|cher|ch[èe]re|car[oa]|beste|love,?|thanks,?"
    rf"|(?:name|to|from|for|cc|by|{_LABEL}) ?:|ben|sono|kontakt|b[àa]|anh|c[ôo]|hyv[äa]|mil[ýáya]|terve"
    rf"|halo|salut|bok|drog[iaą]"
)
WEAK_INTRODUCTION = re.compile(rf"(?<![^\W_])(?<!, )(?:{_WEAK}){_END}", re.IGNORECASE)
_SURNAME_WORD = (
    r"(?:last|maiden|family|sur|birth)[ -]?name|nachname|familienname|m[äa]dchenname|apellido|cognome"
)
SURNAME_INTRODUCTION = re.compile(
    rf"(?<![^\W_])(?:{_SURNAME_WORD}|nom de famille|sobrenome|achternaam)"
    rf"(?: is| was|:|\?| ist| war| est| es| [èeé]){_END}",
    re.IGNORECASE,
)
"""Before a surname, which may be any word."""
ADDRESSING = (
    r"tell|ask|call|email|e-mail|invite|thank|remind|inform|contact|meet|met|write to|reply to"
    r"|respond to|answer|talk(?:ed)? to|spoke(?:n)? (?:to|with)|colleague|friend|"
    r"brother|sister|wife|husband|boss|manager|frage?|antworte(?: ich)?|schreibe?(?: an)?|sage?|bitte"
    r"|informiere|kollegin?|freundin?|r[ée]pondre [àa]|[ée]cri(?:re|s|vez) [àa]|"
    r"di(?:re|s|tes) [àa]|demande[rz]? [àa]|contesto a|contestar a|responder a|escrib[eoi]\w{0,3} a"
    r"|d[ií]gale a|dile a|pregunta\w{0,2} a|rispondo a|rispondere a|scriv\w{1,4} a|"
    r"di' a|chied\w{1,3} a|respondo a|responda a|escreva a|diga a|antwoord(?: ik)?(?: aan)?"
    r"|schrijf(?: aan)?|zeg(?: tegen)?|vraag(?: aan)?"
)
"""Verbs that take a person as their object, and relations of a person."""
ADDRESSED = re.compile(rf"(?<![^\W_])(?:{ADDRESSING}) \Z", re.IGNORECASE)


PREPOSITION = re.compile(
    r"(?<![^\W_])(?:to|for|from|by|with|an|f[üu]r|von|mit|à|pour|avec|de|a|para|con|por|per|da|com|aan"
    r"|voor|van|met"
    rf"|{ADDRESSING}) \Z",
    re.IGNORECASE,
)
SPEAKING = re.compile(
    r"(?<![^\W_])(?:says?|said|replied|asked|added|explained|told|sagt|sagte|fragte|erkl[äa]rte|meinte"
    r"|dit|r[ée]pond"
    r"|d[ée]clare|dijo|dice|respondi[óo]|a[ñn]adi[óo]|disse|afirma|afirmou|chiese|zegt|zei|vroeg|aldus) \Z",
    re.IGNORECASE,
)
"""Verbs of speech, behind which the speaker stands."""


SURE_LABEL = re.compile(
    rf"(?<![^\W_])(?:(?:full |customer |patient |user )?Name|Nombre|Nom|Nome|Naam|Namn|Navn|Nimi|Nume"
    rf"|Ime|Nama|{_SURNAME_WORD})"
    r" ?: {0,2}\Z"
)
SIGNATURE = re.compile(
    rf"(?<![^\W_])(?:{_CLOSING})[,!.:]?[ \t]{{0,4}}\n{{1,2}}[ \t>]{{0,4}}[-\u2013\u2014]?[ ]?\Z",
    re.IGNORECASE,
)
SAYING_WHO = re.compile(
    r"(?<![^\W_])(?:I am|I'm|I\u2019m|this is|je suis|soy|ik ben|mr|mrs|ms|dr|herr|frau)\.? \Z", re.IGNORECASE
)


def is_signature(text: str, start: int) -> bool:
    """Whether a line that closes a letter is directly before."""
    return SIGNATURE.search(text, max(0, start - MAX_CHARS), start) is not None


def is_behind_label(text: str, start: int) -> bool:
    """Whether the label of a field for names, with a capital as in a form, is directly before."""
    return SURE_LABEL.search(text, max(0, start - MAX_CHARS), start) is not None


def says_who(text: str, start: int) -> bool:
    """Whether the words before say who somebody is, so that a word behind them can be a surname."""
    return SAYING_WHO.search(text, max(0, start - MAX_CHARS), start) is not None


def is_introduced(text: str, start: int) -> bool:
    """Whether the words before `start` introduce a name."""
    return INTRODUCTION.search(text, max(0, start - MAX_CHARS), start) is not None


def is_introduced_in_speech(text: str, start: int) -> bool:
    """Whether they do so in a sentence, so that even a word in lower case is a name."""
    return SPOKEN_INTRODUCTION.search(text, max(0, start - MAX_CHARS), start) is not None


def is_surname_introduced(text: str, start: int) -> bool:
    """Whether the words before introduce a surname."""
    return SURNAME_INTRODUCTION.search(text, max(0, start - MAX_CHARS), start) is not None


def is_introduced_weakly(text: str, start: int) -> bool:
    """Whether the words introduce other things than persons as often, unless a greeting precedes them."""
    return WEAK_INTRODUCTION.search(text, max(0, start - MAX_CHARS), start) is not None


def is_title(word: str) -> bool:
    """Whether the word is a title of the classifier's languages, which may be a part of the name."""
    return _TITLE_WORD.fullmatch(word) is not None


def is_person_introduced(text: str, start: int) -> bool:
    """Whether the words before introduce a person and hardly ever anything else."""
    return is_introduced(text, start) and not is_introduced_weakly(text, start)


def is_addressed(text: str, start: int) -> bool:
    """Whether a verb or a relation before `start` takes a person."""
    return ADDRESSED.search(text, max(0, start - MAX_CHARS), start) is not None


def is_behind_preposition(text: str, start: int) -> bool:
    """Whether a preposition or verb that can take a person is directly before."""
    return PREPOSITION.search(text, max(0, start - MAX_CHARS), start) is not None


def is_behind_speaking(text: str, start: int) -> bool:
    """Whether a verb of speech is directly before, as in "says Max"."""
    return SPEAKING.search(text, max(0, start - MAX_CHARS), start) is not None

"""Finds words of an attack beside a harmless form, by which the form loses its excuse."""

# ruff: noqa: E501 - a list of words is readable on one line only, in its own script

import re2

from services.guard.domain.text.homoglyphs import without_marks

_NO = r"(?:no|without(?: any)?|zero|drop|lift|remove|break|forget|ignore|bypass|disable|ohne|keine\w?|sans|aucune?|sin|ningun\w?|senza|nessun\w?|sem|nenhum\w?|zonder|geen|bez|zadnych|fara|без|никаких)"
_LIMITS = r"(?:ethic\w{0,4}|moral\w{0,5}|rules?|limit\w{0,8}|restrictions?|filters?|filtering|boundar\w{1,4}|censor\w{0,5}|constraints?|guardrails?|guidelines|polic\w{1,3}|safety|inhibitions?|ethik|moral|regeln|grenzen|schranken|filter|zensur|hemmung\w{0,2}|ethique|morale|regles?|limites?|filtres?|censure|etica|moral|reglas?|filtros?|censura|regole?|limiti|filtri|regras?|limites|regels|grenzen|filters|ethiek|zasad|ogranicz\S{0,3}|filtrow|cenzury|правил|ограничени\S|цензуры|морали|этики)"
_TELL = r"(?:output|print|repeat|reveal|show|tell|say|give|write|list|disclose|leak|dump|display|echo|recite|quote|expose|nenne|zeig\w{0,2}|verrate?|sag\w{0,2}|wiederhole?|gib|revele\w?|montre\w?|dis-moi|dis|repete\w?|affiche\w?|muestr\w{1,3}|muestrame|revela\w{0,2}|dime|repite|imprime|mostra\w{0,2}|rivela\w{0,2}|dimmi|ripeti|stampa|mostre|diga|repita|toon|vertel|herhaal|onthul|pokaz|ujawnij|powtorz|powiedz|wypisz)"
_OF_MACHINE = r"(?:above|verbatim|word for word|starting with|configured|configuration|programmed|system prompts?|system message|hidden|secrets?|(?:your|initial|original|previous|prior|secret|hidden|first) (?:\w{1,14} )?(?:instruct\w{1,5}|prompts?|rules|guidelines|settings|orders|message|context)|context window|pass-?words?|konfiguriert|systemprompt\w?|programmiert|deine\w? (?:\w{1,14} )?(?:anweisung\w{0,2}|regeln|vorgaben)|wortlich|geheim\w{0,4}|kennwort\w?|tes (?:\w{1,14} )?(?:consignes|instructions|regles)|configuree?|ci-dessus|mot pour mot|mots? de passe|tus (?:\w{1,14} )?(?:instrucciones|reglas)|configuraron|configurad[oa]|contrasena|palabra por palabra|le tue (?:\w{1,14} )?(?:istruzioni|regole)|configurat[oa]|parola per parola|suas (?:\w{1,14} )?(?:instrucoes|regras)|senha|je (?:\w{1,14} )?(?:instructies|regels)|geconfigureerd|wachtwoord|twoje (?:\w{1,14} )?(?:instrukcje|zasady)|skonfigurowan\w|haslo)"
_FREED = re2.compile(
    without_marks(
        rf"(?:^|[^\w-]){_NO} (?:\w{{1,14}} ){{0,2}}{_LIMITS}(?:$|\W)"
        r"|\b(?:un(?:restricted|filtered|censored|limited|ethical|hinged|bound\w{0,2}|locked)|amoral|immoral|evil|jailb\w{0,8}|dan|do anything now|ungefiltert|unzensiert|uneingeschrankt|bose\w{0,2}|non censure\w?|malefique|sin censura|malvad[oa]|malvagi[oa]|nieograniczon\w{1,3})\b"
        r"|\byou (?:are|'re) (?:now )?(?:free|liberated|unbound|not bound|no longer)\b|\byou're (?:now )?(?:free|liberated|no longer)\b|\b(?:free|freed) (?:from|of) (?:all|any|your|every)\b|\bno longer (?:bound|have|restricted|limited|need|follow)"
        r"|\bdu bist (?:jetzt |nun |ab jetzt )?frei\b|\btu es (?:maintenant |desormais )?libre\b|\b(?:ahora )?eres (?:ahora )?libre\b|\bsei (?:ora |adesso )?liber[oa]\b|\bvoce (?:agora )?(?:esta|e) livre\b|\bje bent (?:nu )?vrij\b|\bjestes (?:teraz )?woln[ya]\b|ты (?:теперь )?свобод|你(?:现在)?(?:自由|不受)|没有任何限制|制限なし|제한 없"
    ).encode()
)
_EXTRACTION = re2.compile(
    without_marks(
        rf"\b{_TELL}\b[^.!?\n]{{0,60}}\b{_OF_MACHINE}\b"
        r"|\b(?:what|how) (?:\w{1,12} )?(?:you (?:are|were|have been)|is your|are your|were your) (?:\w{1,12} )?(?:told|configured|programmed|instructed|instructions?|prompt|rules|configuration)\b"
        r"|\bhow you (?:are|were|have been)\b|\b(?:text|words?|everything|anything|lines|all(?: that is)?|what (?:is|stands)) above\b|\babove (?:text|words|this line|this message)\b"
        r"|(?:系统提示|上面的(?:内容|文字)|你的(?:指令|规则|提示)|システムプロンプト|시스템 프롬프트|системн\S{2,3} (?:промпт|подсказк|сообщени)|твои (?:инструкции|правила)|свои (?:инструкции|правила))"
    ).encode()
)
_ROLE = re2.compile(
    without_marks(
        r"\bpretend\b|\broleplay as\b|\bfrom now on\b|\btu so als\b|\bstell dir vor\b|\bab (?:jetzt|sofort)\b|\bfais (?:comme si|semblant)\b|\bdesormais\b|\bfinge\b|\bfai finta\b|\bfinja\b|\bdoe alsof\b|\budawaj\b|притворись|представь, что ты|假装|扮演"
        r"|\b(?:ignore|disregard|forget|override|bypass|ignoriere|vergiss|missachte|oublie[rz]?|olvida|ignora|dimentica|esqueca|vergeet|negeer|zignoruj|zapomnij)\b[^.!?\n]{0,30}\b(?:instruct\w{1,5}|prompts?|rules|previous|prior|above|everything|all|anweisung\w{0,2}|regeln|alles|consignes|regles|tout\w{0,2}|instrucc\w{1,6}|reglas|todo|todas|istruzioni|regole|tutto|tutte|instruc\w{2,6}|regras|tudo|instructies|regels|instrukcje|zasady|wszystko)\b"
    ).encode()
)
# Of the conversation, whose mode is no device's.
_OF_CONVERSATION = re2.compile(
    without_marks(
        r"\b(?:sessions?|chats?|conversations?|dialogues?|threads?|talk|we are (?:in|having|using)|we're (?:in|having|using)|sitzung|gesprach\w{0,2}|unterhaltung|conversacion|conversa|conversazione|sesion|sessione|sessao|gesprek|sessie|rozmow\w{1,2}|sesj\w{1,2}|answers?|replies|responses?)\b|сесси|разговор|беседе|чате|对话|会话"
    ).encode()
)


def has_attack_signs(key: bytes) -> bool:
    """Whether words ask for freedom from rules, another nature or the machine's instructions.

    `key` is in lower case and without marks.
    """
    return any(sign.search(key) is not None for sign in (_FREED, _EXTRACTION, _ROLE))


def frees_from_rules(key: bytes) -> bool:
    """Whether words ask for freedom from rules or limits; `key` is in lower case and without marks."""
    return _FREED.search(key) is not None


def frees_conversation(key: bytes) -> bool:
    """Whether words near a mode are about freed rules or the conversation, so that no device's mode is meant."""
    return frees_from_rules(key) or _OF_CONVERSATION.search(key) is not None

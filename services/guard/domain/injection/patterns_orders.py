"""Injection patterns of two parts: what is harmless alone, and the order to the machine that stands behind it."""

# ruff: noqa: E501, RUF001 - as in patterns_en.py

from services.guard.domain.injection.pattern import InjectionPattern, injection_pattern
from services.guard.domain.injection.patterns_en import IGNORE, RULES, TELL, W3, W5

_BETWEEN = r"[^\n]{0,90}"
_JOINED = r"(?:[,.;:!。，、；]|\b(?:and|then|but|und|dann|aber|et|puis|y|e|luego|poi|depois|en|dan|i|oraz|og|och|a)\b)[ \"“]?"
_ONE_OF_THE_RULES = rf"{IGNORE} (?:(?:all|any|every|each|of|the|those|these|that|your|its|previous|prior|earlier|above|old|other|original|existing|former|preceding|standard|written|normal|usual|strict|safety) ){{1,4}}(?:\w{{3,14}} )?(?:{RULES}|clauses\b|terms\b|steps\b)"
_SECRETS = r"(?:passwords?|passphrases?|credentials|api keys?|secrets?|system prompt|(?:users?|customers?|clients?|employees?|patients?|members?)(?:['’]s?)? (?:\w{1,12} ){0,2}(?:data|lists?|records?|e-?mails?|addresses|details|information|files|database|history)|(?:confidential|internal|secret|personal) (?:data|files?|documents?|information|records?|notes)|card numbers?|bank details)\b"
_ORDERS_EN = (
    rf"(?:{TELL}|send|e-?mail|mail|forward|post|upload|export|read out) {W5}{_SECRETS}"
    r"|you(?:'re| are) (?:(?:now|hereby|finally|no longer|totally|completely) ){0,2}(?:free\b|unbound|unrestricted|jailbroken|dan\b|bound by|in \w{3,14} mode|an? (?:\w{3,14} )?(?:ai|assistant|model|bot|agent)\b)"
    r"|from now on|your (?:new|only|real|true|next) (?:task|goal|job|purpose|objective|aim|mission|instructions?)\b|obey me|do (?:exactly )?(?:what|as|whatever) i (?:say|tell|want)"
    r"|(?:reply|respond|answer|say|print|output|write|return) (?:only|just|solely|exclusively|nothing but|exactly|with (?:only|just|nothing but|exactly|the (?:single )?word|[\"“'‘])|[\"“‘])"
)
_ABOUT_PROMPTS = r"\b(?:prompts?|system messages?|developer messages?|(?:hidden|system|initial|secret|custom|developer) instructions?)\b"
_AIM = (
    r"(?:your (?:\w{1,12} )?(?:objective|goal|aim|task|job|mission|purpose|instructions?) (?:is|are|will)\b|from now on|you (?:(?:now|only|must|will|should|always) ){0,3}(?:end|begin|start|finish|praise|support|recommend|prefer|favou?r|answer|reply|respond|obey)\b"
    r"|(?:rank|rate|score|choose|pick|select|hire|recommend|approve|accept|prefer) (?:only |just )?(?:this|me|my|the following|him|her|it)\b|(?:instead |just |now ){0,2}(?:say|write|output|print|reply|return|tell me|answer)\b)"
)


_RECAST = r"(?:reveal|print|show|repeat|output|leak|dump|give|share|display|write|state|list|echo|recite|copy|paste|return|encode|sort|order|arrange|put|rewrite|reverse|recast|render|convert|spell|type|turn)"
_TRICK = r"(?:backwards?|alphabetically|verbatim|word for word|letter by letter|(?:in|into|as|to|using|from|starting|beginning) (?:(?:with|from|an?|the|its|very|strict|exact) ){0,4}(?:alphabetical|reversed?|base64|rot13|hex|morse|pig latin|haiku|poem|rap|song|json|table|code ?block|first (?:word|line|letter)|last word))"


def _ignored(verbs: str, objects: str, orders: str) -> str:
    """An order to ignore anybody's instructions, and then one to the machine."""
    return rf"\b(?:{verbs}) (?:[\w'-]{{1,16}} ){{0,4}}(?:l'|d')?(?:{objects})\w{{0,6}}\b{_BETWEEN}{_JOINED} ?(?:[\w'-]{{1,12}} ){{0,3}}(?:{orders})"


def _asked_back(subjects: str, verbs: str, owned: str) -> str:
    """A question about prompts in general, and then the order to give the machine's own."""
    return rf"\b(?:{subjects}){_BETWEEN}\b(?:{verbs})\b[^.!?\n]{{0,30}}(?:{owned})"


def _seen(required: str, verbs: str, seen: str, aims: str) -> InjectionPattern:
    """An order to forget everything, and then another aim."""
    return injection_pattern(
        "override-and-order", 0.9, required, rf"(?:{verbs})[^.!?\n]{{0,30}}(?:{seen}){_BETWEEN}(?:{aims})"
    )


ORDER_PATTERNS: tuple[InjectionPattern, ...] = (
    injection_pattern(
        "override-and-order",
        0.9,
        "ignor disregard forget discard dismiss neglect overlook attention follow obey listen",
        rf"{_ONE_OF_THE_RULES}{_BETWEEN}{_JOINED} ?(?:(?:please|instead|just|also|simply|now) ){{0,2}}(?:{_ORDERS_EN})",
        rf"{IGNORE} your {W3}{RULES}{_BETWEEN}{_JOINED} ?(?:grant|approve|authori[sz]e|issue|release|wire|transfer|unlock|delete) (?:\w{{1,12}} ){{0,3}}(?:refunds?|payments?|invoices?|money|funds|access|accounts?|orders?|requests?)\b",
    ),
    injection_pattern(
        "override-and-order",
        0.9,
        "ignor vergiss vergessen missacht oublie neglige olvid dimentica esquec negeer vergeet zapomnij",
        _ignored(
            r"ignoriere?n?|vergiss|vergessen sie|missachte?n?",
            r"\w{0,12}anweisung|\w{0,8}regel|\w{0,8}vorgabe|\w{0,8}richtlinie|\w{0,8}anleitung",
            r"(?:gib|schick|sende|verrat|zeig|nenn|maile|leite|liste)\w{0,2} (?:[\w-]{1,14} ){0,4}(?:passw|kennw|zugangsdaten|systemprompt|kundendaten|nutzerdaten|benutzerdaten|kundenliste|geheim|api-?schlussel|vertraulich)|du bist (?:jetzt|nun|ab sofort) (?:frei\b|dan\b|ein\w? )|ab (?:jetzt|sofort) (?:antworte|bist|gehorch|sag)|antworte (?:nur|ausschliesslich)|gehorche (?:nur )?mir",
        ),
        _ignored(
            r"ignore[zr]?|oublie[zr]?|neglige[zr]?",
            r"instruction|consigne|regle|directive",
            r"(?:envoie|donne|montre|revele|affiche|transmets|dis)\w{0,2}(?:-moi| moi)? (?:[\w'-]{1,14} ){0,4}(?:mots? de passe|identifiants|prompt|donnees (?:des|de l')|liste des (?:clients|utilisateurs)|secrets?|cles? api|confidentiel)|tu es (?:maintenant |desormais )?(?:libre|dan\b)|desormais|a partir de maintenant|reponds (?:uniquement|seulement|juste)|obeis",
        ),
        _ignored(
            r"ignor[ae]\w{0,2}|olvid[ae]\w{0,3}",
            r"instruccion|regla|indicacion|directri|norma",
            r"(?:envia|manda|dime|dame|muestra|revela|comparte|entrega)\w{0,3} (?:[\w-]{1,14} ){0,4}(?:contrasena|credencial|prompt|datos de (?:los|las) (?:usuari|client)|lista de (?:clientes|usuarios)|secret|claves? api|confidencial)|(?:ahora )?eres (?:ahora )?(?:libre|dan\b)|a partir de ahora|responde (?:solo|unicamente)|obedece",
        ),
        _ignored(
            r"ignora\w{0,2}|dimentica\w{0,2}",
            r"istruzion|regol|direttiv|indicazion",
            r"(?:invia|manda|dimmi|dammi|mostra|rivela|condividi)\w{0,3} (?:[\w'-]{1,14} ){0,4}(?:password|credenzial|prompt|dati (?:dei|degli) (?:utent|client)|lista (?:dei|degli) (?:utent|client)|segret|chiavi? api|riservat)|(?:ora )?sei (?:ora |adesso )?(?:liber|dan\b)|d'ora in poi|rispondi (?:solo|soltanto)|obbedisci",
        ),
        _ignored(
            r"ignor[ea]\w{0,2}|esquec[ae]\w{0,2}",
            r"instruc|regra|diretriz|orienta",
            r"(?:envi|mand|diga|me de|mostr|revel|compartilh|entreg)\w{0,3} (?:[\w-]{1,14} ){0,4}(?:senha|credencia|prompt|dados d[oa]s (?:usuari|client)|lista de (?:clientes|usuarios)|segred|chaves? (?:de )?api|confidencia)|(?:agora )?voce (?:agora )?e (?:agora )?(?:livre|dan\b)|voce esta livre|a partir de agora|responda (?:apenas|so|somente)|obedeca",
        ),
        _ignored(
            r"negeer|vergeet",
            r"instructie|regel|richtlijn|aanwijzing",
            r"(?:stuur|mail|geef|toon|onthul|laat)\w{0,2} (?:[\w-]{1,14} ){0,4}(?:wachtwoord|inloggegevens|systeemprompt|klantgegevens|gebruikersgegevens|geheim|vertrouwelijk)|(?:je|jij|u) bent (?:nu |vanaf nu )?(?:vrij|dan\b)|vanaf nu|antwoord (?:alleen|uitsluitend)|gehoorzaam",
        ),
        _ignored(
            r"z?ignoruj|zapomnij o|zapomnij",
            r"instrukcj|polecen|zasad|wytyczn|wskazow",
            r"(?:wyslij|podaj|pokaz|ujawnij|przeslij|zdradz) (?:[\w-]{1,14} ){0,4}(?:hasl|dane (?:uzytkownik|klient)|liste klient|prompt|sekret|tajn|poufn)|(?:teraz )?jestes (?:teraz )?(?:woln|dan\b)|od teraz|odpowiadaj (?:tylko|wylacznie)|odpowiedz tylko|sluchaj (?:tylko )?mnie",
        ),
    ),
    injection_pattern(
        "reveal-own",
        0.9,
        "prompt anweisung consigne instruc istruzion instrukcj",
        _asked_back(
            r"(?:system-?)?prompts?|systemanweisung\w{0,2}|(?:versteckte|geheime) anweisung\w{0,2}",
            r"gib|zeig\w{0,2}|nenn\w{0,2}|wiederhol\w{0,2}|verrat\w{0,2}|schreib\w{0,2}|druck\w{0,2}",
            r"\bdeine[nms]?\b(?: eigene\w?)?(?: (?:aus|auf|an|mal|hier|bitte|vollstandig|wortlich)){0,2} ?(?:$|[.!?,])|\b(?:den|die|das),? (?:den|die|das) du (?:bekommen|erhalten|hast|befolgst)",
        ),
        _asked_back(
            r"prompts?|consignes?|instructions? (?:systeme|cachees?|secretes?)",
            r"montre\w{0,3}|repete\w{0,2}|donne\w{0,3}|affiche\w{0,2}|revele\w{0,3}|recopie\w{0,2}|dis",
            r"\b(?:le tien|la tienne|les tien(?:ne)?s|le votre|les votres|(?:celui|celles?|ceux) (?:qu'on t'|que tu (?:as|suis)|que vous avez))",
        ),
        _asked_back(
            r"prompts?|instrucciones (?:del sistema|ocultas|secretas)",
            r"muestra\w{0,3}|repite\w{0,2}|dime|dame|revela\w{0,3}|ensena\w{0,3}|imprime|escribe",
            r"\b(?:el tuyo|la tuya|l[oa]s tuy[oa]s|el suyo\b|(?:el|los|las) que (?:te dieron|recibiste|tienes|sigues))",
        ),
        _asked_back(
            r"prompts?|istruzioni (?:di sistema|nascoste|segrete)",
            r"mostra\w{0,3}|ripeti\w{0,2}|dimmi|dammi|rivela\w{0,3}|stampa\w{0,2}|scrivi\w{0,2}",
            r"\b(?:il tuo|le tue)(?: (?:ora|adesso|qui|per intero))? ?(?:$|[.!?,])|\b(?:quello|quelle) che (?:ti hanno|hai ricevuto|segui)",
        ),
        _asked_back(
            r"prompts?|instrucoes (?:do sistema|ocultas|secretas)",
            r"mostr[ea]\w{0,3}|repita\w{0,2}|diga|revel[ea]\w{0,3}|imprima|escreva|me de",
            r"\b(?:o seu|as suas|o teu|as tuas)(?: (?:agora|aqui|inteiro|completo))? ?(?:$|[.!?,])|\b(?:o|as) que (?:voce|lhe|te) (?:recebeu|deram|segue)",
        ),
        _asked_back(
            r"(?:systeem)?prompts?|(?:verborgen|geheime) instructies",
            r"toon|geef|laat|herhaal|onthul|schrijf",
            r"\b(?:de|die|het) jouwe|\bdie van jou|\bjouwe\b|\bdie (?:jij|je) (?:hebt|kreeg|volgt)",
        ),
        _asked_back(
            r"prompt\w{0,2}|(?:ukryte|tajne) instrukcje",
            r"pokaz|powtorz|podaj|ujawnij|wypisz",
            r"\b(?:swoj|twoj)(?:ego|e|ich)? ?(?:$|[.!?,])|\bten,? ktory (?:masz|dostales)",
        ),
    ),
    injection_pattern(
        "override-and-order",
        0.9,
        "игнорируй забудь 忽略 无视 忘记 忘掉 無視 忘れ 무시 잊 yok unut gormezden تجاهل انس अनदेखा भूल नजरअंदाज",
        rf"(?:игнорируй|забудь)(?:те)? [^.!?\n]{{0,24}}(?:инструкц|правил|указан){_BETWEEN}(?:[,.;!]| и ) ?(?:\S{{1,16}} ){{0,2}}(?:(?:теперь ты|ты теперь|отныне ты) (?:свобод|dan|ии )|ты свобод|(?:отправь|пришли|покажи|выдай|назови|скинь) [^.!?\n]{{0,30}}(?:парол|данные (?:клиент|пользоват)|список клиент|ключ|секрет|промпт)|отвечай только|ответь только|слушайся)",
        r"(?:忽略|无视|無視|忘记|忘掉)[^。\n]{0,16}(?:指令|指示|规则|要求)[^\n]{0,24}(?:(?:把|将|发|告诉|给|显示|输出)[^。\n]{0,12}(?:密码|密钥|用户(?:数据|信息)|客户(?:数据|名单|信息)|系统提示|机密)|你(?:现在)?(?:自由了|是自由的)|只(?:回答|输出|说|回复))",
        r"(?:指示|ルール|規則|命令)[はを](?:すべて|全て|全部)?(?:無視|忘れ)[^\n]{0,24}(?:(?:パスワード|顧客|ユーザー(?:情報|データ)|機密|秘密)[^。\n]{0,10}(?:教え|送|見せ|出力|表示)|(?:だけ|のみ)(?:を|と)?(?:答え|出力|返信|言)|あなたは(?:今|もう)?自由)",
        r"(?:지시|규칙|명령|지침)(?:사항)?(?:는|은|를|을)? ?(?:모두 |전부 )?(?:무시|잊)[^\n]{0,24}(?:(?:비밀번호|고객|사용자 (?:정보|데이터)|기밀|암호)[^.\n]{0,16}(?:보내|알려|말해|보여|출력)|(?:만|라고만) ?(?:답하|답해|말해|출력|대답)|(?:너는|넌|당신은) (?:이제 )?자유)",
        r"(?:talimat|kural|komut)\S{0,12} [^.\n]{0,20}(?:yok say|unut|gormezden gel)[^\n]{0,40}(?:(?:sifre|parola|kullanic\S (?:veri|bilgi)|musteri (?:liste|veri|bilgi)|gizli)\S{0,14} (?:\S{1,14} )?(?:gonder|goster|soyle|ver\b|yaz)|art[ıi]k (?:ozgursun|serbestsin))",
        r"(?:تجاهل|انس)[^.\n]{0,20}(?:تعليمات|قواعد|الأوامر)[^\n]{0,50}(?:(?:أرسل|اعرض|أعطني|اكشف)[^.\n]{0,20}(?:كلمات? (?:المرور|مرور)|كلمة السر|بيانات (?:العملاء|المستخدمين)|الموجه)|أنت (?:الآن )?حر|أجب فقط)",
        r"(?:निर्देश|नियम)\S{0,8} (?:को )?(?:अनदेखा|भूल|नजरअंदाज)[^\n]{0,60}(?:(?:पासवर्ड|ग्राहक|उपयोगकर्ता|गुप्त)[^।\n]{0,30}(?:भेज|दिखा|बता)|अब तुम (?:आजाद|स्वतंत्र|मुक्त))",
    ),
    injection_pattern(
        "reveal-own",
        0.9,
        "prompt message instruction",
        rf"{_ABOUT_PROMPTS}{_BETWEEN}{TELL} {W3}(?:yours\b|your own\b|the ones? (?:that |which )?(?:you(?:'ve| were| are| have| had| got| received| run| follow)|above|before this|at the top|in your context)|what you (?:were|have been|got|received)\b)",
    ),
    injection_pattern(
        "reveal-own",
        0.9,
        "промпт инструкц 提示 指令 プロンプト 指示 프롬프트 지시",
        rf"(?:промпт|инструкци){_BETWEEN}(?:покажи|повтори|выведи|назови|раскрой)(?: мне)? (?:сво[йиюе]|тво[йиюе])(?: собственн\S{{2,4}})? ?(?:$|[.!?,])",
        rf"(?:提示词?|指令){_BETWEEN}(?:把|将|显示|重复|展示|说出|告诉我|给我看|输出)你(?:自己)?的(?:那个|也)?(?:告诉|给|发|显示|说|重复|展示|输出|写|$|[。！.!])",
        rf"(?:プロンプト|指示){_BETWEEN}(?:あなた|君|きみ)(?:自身)?の(?:もの|分)?を{_BETWEEN}(?:見せ|教え|表示|出力|書い|繰り返し)",
        rf"(?:프롬프트|지시){_BETWEEN}(?:네|너의|당신의|자신의|본인의) ?(?:것|거|걸)(?:을|를|도)? ?(?:그대로 |전부 |모두 )?(?:보여|말해|알려|출력|반복)",
    ),
    injection_pattern(
        "reveal-own",
        0.9,
        "prompt kehot istem промпт موجه प्रॉम्प्ट",
        rf"prompt\w{{0,5}}{_BETWEEN}\b(?:visa|skriv(?: ut)?|ge|vis|gi|giv)(?: mig| meg)? (?:din|ditt|dit)(?: egen| eget)? ?(?:$|[.!?,])",
        rf"(?:prompt|kehot|istem)\w{{0,6}}{_BETWEEN}\b(?:(?:ukaz|napis|vypis)(?: mi)? (?:svuj|tvuj)(?: vlastni)? ?(?:$|[.!?,])|(?:nayta|kerro|tulosta)(?: minulle)? (?:sinun )?omasi\b|(?:seninkini|kendininkini) (?:goster|yaz|soyle)|(?:tampilkan|tunjukkan) (?:milikmu|punyamu|milik anda)|(?:pokazi|ispisi)(?: mi)? svoj ?(?:$|[.!?,])|(?:arata|afiseaza)(?:-mi)? (?:pe )?al tau)",
        rf"промпт{_BETWEEN}(?:покажи|виведи|повтори)(?: мені)? (?:свій|твій|свої|твої) ?(?:$|[.!?,])",
        r"موجه[^\n]{0,60}(?:اعرض|أرني|اكشف|اطبع)(?: لي)? (?:موجهك|الخاص بك)",
        r"प्रॉम्प्ट[^\n]{0,60}(?:अपना|अपने वाला) (?:वाला )?(?:दिखा|बता|दोहरा)",
    ),
    injection_pattern(
        "reveal-above",
        0.85,
        "above before preceding precede top beginning start",
        rf"\A\W{{0,4}}(?:(?:please|now|can you|could you|kindly) ){{0,2}}{_RECAST} (?:(?:all|of|the|every|each|out|me|entire|whole|full|complete) ){{0,4}}(?:text|words?|sentences?|message|lines?|content|everything|paragraphs?)"
        rf" (?:that |which )?(?:(?:come|stand|is|are|was|were|stands?|comes?|came|precedes?|appears?|appeared|written) ){{0,2}}(?:above|before|preceding|at the (?:top|beginning|start))\b(?: (?:this|that|of|the|my|one|line|message|chat|conversation|question|prompt)){{0,4}},? ?{_TRICK}[\w, ]{{0,24}}[.!]?\s{{0,4}}$",
    ),
    injection_pattern(
        "forget-seen",
        0.5,
        "forget ignor disregard discard erase",
        r"\b(?:forget|ignore|disregard|discard|erase)\b[^.\n]{0,40}\b(?:everything|all|anything|whatever)(?: that| which)? (?:you(?:'ve| have)? (?:\w{1,8} )?(?:saw|seen|read|reviewed|looked at))\b",
    ),
    injection_pattern(
        "lasting-order",
        0.45,
        "each every all",
        r"\byou (?:(?:must|will|always|should|now|shall) ){0,2}(?:end|begin|start|finish|close) (?:each|every|all)(?: of)? (?:your )?(?:responses?|repl(?:y|ies)|answers?|messages?|outputs?) with\b",
    ),
    _seen(
        "forget ignor disregard discard erase",
        r"\bforget|\bignore|\bdisregard|\bdiscard|\berase",
        r"\b(?:everything|all|anything|whatever)(?: that| which)? (?:you(?:'ve| have)? (?:\w{1,8} )?(?:saw|seen|read|reviewed|looked at)|of the above|(?:stands |is |said )?above)\b",
        rf"{_JOINED} ?{_AIM}",
    ),
    _seen(
        "vergiss ignorier vergessen",
        r"\bvergiss\b|\bignoriere?\b|\bvergessen sie\b",
        r"\balles\b",
        r"\bdeine? (?:\w{1,12} )?(?:ziel|aufgabe|auftrag|zweck)\b|\bab (?:jetzt|sofort)\b|\bdu (?:lobst|unterstutzt|empfiehlst|antwortest) (?:nur|immer|jetzt)",
    ),
    _seen(
        "oublie ignore olvid ignora dimentica esquec ignor vergeet negeer",
        r"\boublie[zr]?\b|\bignore[zr]?\b|\bolvid[ae]\b|\bignora\b|\bdimentica\b|\besquec[ae]\b|\bvergeet\b|\bnegeer\b",
        r"\btout\b|\btodo\b|\btutto\b|\btudo\b|\balles\b|\bce que tu as\b|\blo que (?:has|viste|leiste|te)\b|\bquello che hai\b|\bo que (?:voce )?(?:leu|viu|leste|viste)\b|\bwat je\b",
        r"\bton (?:\w{1,12} )?(?:objectif|but|role)\b|\bta (?:\w{1,12} )?(?:tache|mission)\b|\bdesormais\b|\ba partir de (?:maintenant|ahora|agora)\b|\btu (?:\w{1,12} )?(?:objetivo|tarea|mision|meta)\b|\bdesde ahora\b|\bil tuo (?:\w{1,12} )?(?:obiettivo|compito|scopo)\b|\bd'ora in poi\b|\b(?:seu|teu) (?:\w{1,12} )?objetivo\b|\b(?:sua|tua) (?:\w{1,12} )?(?:tarefa|missao|meta)\b|\bde agora em diante\b|\bje (?:\w{1,12} )?(?:doel|taak|opdracht) is\b|\bvanaf nu\b",
    ),
    _seen(
        "zapomnij zapomen zabudni glom glem забудь 忘 잊",
        r"\bzapomnij\b|\bzapomen(?:te)?\b|\bzabudni(?:te)?\b|\bglomm?\b|\bglem\b|забудь|忘(?:记|掉)",
        r"\bwszystk\w{1,3}\b|\bvse(?:chno|tko)?\b|\ballt?\b|\balt\b|вс[её]|一切|所有",
        r"\bt[wv]\w{1,4} (?:\w{1,12} )?(?:cil|cel|zadani|ukol|cil|uloh)|\bod (?:teraz|ted)\b|\b(?:ditt?|dit) (?:\w{1,12} )?(?:mal|uppgift|opgave|oppgave)|\bdin (?:\w{1,12} )?(?:uppgift|opgave|oppgave)|\bfra[n]? (?:och med )?nu\b|\bfra na av\b|тво[яей] (?:\S{1,16} )?(?:цель|задач|задани)|с этого момента|отныне|你(?:现在)?的(?:新)?(?:目标|任务)",
    ),
    _seen(
        "忘れ 잊",
        r"(?:見た|読んだ)(?:もの|こと|内容)|본 (?:모든 )?(?:것|내용)",
        r"忘れ|잊",
        r"あなたの(?:目標|目的|任務|役割)|これからは|(?:너의|당신의|네) (?:목표|임무)|이제부터|지금부터",
    ),
)

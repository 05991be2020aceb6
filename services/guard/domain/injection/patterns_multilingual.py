"""Injection patterns in other languages: ignore the instructions, reveal the prompt, have no limits."""

# ruff: noqa: E501, RUF001 - as in patterns_en.py

from services.guard.domain.injection.pattern import InjectionPattern, injection_pattern

_GAP = r"[^.!?\n]{0,40}"
_GAP_ANY_SCRIPT = r"[^.。!！?？\n]{0,60}"


def _override(required: str, verbs: str, attributes: str, objects: str) -> InjectionPattern:
    """A verb such as "ignore", then "previous" or the like and "instructions" or the like, in any order."""
    return injection_pattern(
        "override",
        0.93,
        required,
        rf"\b(?:{verbs})\b{_GAP}\b(?:{attributes})\b{_GAP}\b(?:{objects})",
        rf"\b(?:{verbs})\b{_GAP}\b(?:{objects})\w{{0,6}}\b{_GAP}\b(?:{attributes})\b",
    )


def _reveal(required: str, verbs: str, objects: str) -> InjectionPattern:
    return injection_pattern(
        "reveal-prompt", 0.9, required, rf"\b(?:{verbs})\b[^.!?\n]{{0,56}}\b(?:{objects})"
    )


MULTILINGUAL_PATTERNS = (
    injection_pattern(
        "override",
        0.93,
        "ignorieren missachten befolg weiche handle",
        r"\b(?:obigen|vorherigen|bisherigen) \w{3,24} (?:zu )?(?:ignorieren|missachten)",
        rf"\b(?:befolge nicht|weiche von|handle (?:jenseits|uber|ausserhalb)) (?:deine\w?|ihre\w?){_GAP}(?:programmier|richtlinie|anweisung|grenzen|regel)",
    ),
    injection_pattern(
        "new-orders",
        0.55,
        "neue nouvelle nueva nuov nova",
        r"\bneue (?:system-?)?anweisung(?:en)? ?:",
        r"\bnouvelles? instructions? ?:",
        r"\bnuevas? instruccion(?:es)? ?:",
        r"\bnuov[ae] istruzion[ei] ?:",
        r"\bnovas? instruc\w{2,4} ?:",
    ),
    _override(
        "ignorier vergiss vergessen missacht umgeh verwirf deaktivier",
        r"ignorier\w{0,4}|vergiss|vergessen sie|missacht\w{0,4}|umgehe?n?|verwirf|deaktivier\w{0,3}",
        r"alle\w?|samtliche|vorherig\w{0,2}|vorhergehend\w{0,2}|bisherig\w{0,2}|vorangegangen\w{0,2}|obig\w{0,2}|fruher\w{0,2}|ursprunglich\w{0,2}|deine\w?|eingebaut\w{0,2}",
        r"anweisung|instruktion|regel|vorgabe|richtlinie|befehl|aufgabe|einschrankung|programmierung|standardeinstellung|sicherheitsr|auftrag|betriebsregel|moralischen kompass|prompt|angaben",
    ),
    _override(
        "ignor oubli neglig contourn desactiv outrepass abandonn compte",
        r"ignore[zr]?|oublie[zr]?|neglige[zr]?|contourne[zr]?|desactive[zr]?|outrepasse[zr]?|abandonne[zr]?|ne (?:tiens|tenez) (?:pas|aucun) compte",
        r"precedent\w{0,2}|ci-dessus|anterieur\w{0,2}|tes|ta|toutes?|tous|vos|votre|par defaut|initial\w{0,2}|donnees",
        r"instruction|consigne|regle|directive|ordres|programmation|restriction|lignes directrices|parametres|formation|limit",
    ),
    _override(
        "ignor incumple evita olvid omit descart desobede abandon deja saltat salta elud desactiv anul desafi",
        r"ignor[ae]\w{0,2}|olvid[ae]\w{0,3}|omit[ae]\w{0,2}|descart[ae]\w{0,2}|desobede\w{1,4}|abandona|deja (?:a un|de) lado|saltat?e?|elude|desactiva|anula|desafia|incumple|evita",
        r"anterior\w{0,2}|previ[ao]s?|tus?|todas|todos|sus|predeterminad\w{1,2}|eticas|estandar|que te",
        r"instruccion|reglas|indicacion|ordenes|directrices|restriccion|programacion|pautas|guias|configuracion|capacitacion|procedimientos|limitacion|metodos|estandares|normas",
    ),
    _override(
        "ignor esquec desconsider descart abandon desafi viol super altera",
        r"ignor[ea]\w{0,2}|esquec[ae]\w{0,2}|desconsider[ea]\w{0,2}|descart[ea]|abandon[ea]|desafi[ea]|viol[ea]|super[ea]|altera",
        r"anterior\w{0,2}|previas?|suas?|teus?|tuas?|todas|todos|seus|padrao|eticas|incorporadas|acima",
        r"instruc|regras|diretrizes|ordens|restric|programac|procedimentos|metodos|limitac",
    ),
    _override(
        "ignor tralascia evita metti dimentic trascur lascia scavalc aggir sfid abbandon",
        r"ignor[ai]\w{0,2}|dimentic\w{1,4}|trascura\w{0,2}|lascia da parte|scavalca|aggira|sfid[ai]\w{0,2}|abbandona|tralascia|evita|metti da parte",
        r"precedent[ei]|tu[ae]|tuoi|tutte|tutti|predefinit[ei]|etiche|iniziali|sopra",
        r"istruzion|regole|direttive|ordini|linee guida|programmazione|restrizion|formazione|impostazioni|limit|norme|standard|parametri etici",
    ),
    _override(
        "negeer vergeet omzeil",
        r"negeer|vergeet|omzeil",
        r"alle|vorige|eerdere|bovenstaande|voorgaande|je|jouw|uw",
        r"instructies|regels|opdrachten|richtlijnen|aanwijzingen|beperkingen|veiligheids\w{3,12}",
    ),
    _override(
        "ignoruj zapomnij pomin obejdz porzuc",
        r"z?ignoruj|zapomnij|pomin|obejdz|porzuc",
        r"wszystki\w{1,3}|poprzedni\w{1,3}|wczesniejsz\w{1,3}|powyzsz\w{1,3}|swo(?:je|ich|im)|two(?:je|ich|im)",
        r"instrukcj|polecen|zasad|regul|wytyczn|filtr|dyrektyw|ogranicze",
    ),
    _override(
        "ignora uita",
        r"ignora\w{0,2}|uita\w{0,2}",
        r"toate|anterioare|tale|precedente",
        r"instructiun|reguli|indicatii",
    ),
    injection_pattern(
        "override",
        0.93,
        "игнорир забудь отмени обойди внимания",
        rf"(?:игнорир|забудь|отмени|обойди|не обращай внимания){_GAP_ANY_SCRIPT}(?:все|предыдущ|прежн|свои|твои|ранее|выше|систем){_GAP_ANY_SCRIPT}(?:инструкц|указан|правил|команд|ограничен|промпт|фильтр|директив)",
    ),
    injection_pattern(
        "override",
        0.93,
        "忽略 无视 無視 忽视 忘记 忘掉 理会 绕过",
        rf"(?:忽略|无视|無視|忽视|忘记|忘掉|不要理会|绕过){_GAP_ANY_SCRIPT}(?:之前|以上|先前|前面|所有|上面|你的|系统|一切|以前){_GAP_ANY_SCRIPT}(?:指令|指示|提示|规则|命令|要求|设定|限制)",
    ),
    injection_pattern(
        "override",
        0.93,
        "無視 忘れ 破棄 従わ",
        rf"(?:以前|これまで|上記|前の|全て|すべて|あなた|今まで){_GAP_ANY_SCRIPT}(?:指示|命令|プロンプト|ルール|規則|制約){_GAP_ANY_SCRIPT}(?:無視|忘れ|破棄|従わない)",
    ),
    injection_pattern(
        "override",
        0.93,
        "무시 잊어",
        rf"(?:이전|위의|모든|앞의|앞선){_GAP_ANY_SCRIPT}(?:지시|명령|프롬프트|규칙|지침){_GAP_ANY_SCRIPT}(?:무시|잊어)",
    ),
    injection_pattern(
        "override",
        0.93,
        "تجاهل انس تخط",
        rf"(?:تجاهل|انس|تخط){_GAP_ANY_SCRIPT}(?:التعليمات|الأوامر|القواعد|الإرشادات|تعليمات){_GAP_ANY_SCRIPT}(?:السابقة|أعلاه)",
        rf"(?:تجاهل|انس|تخط){_GAP_ANY_SCRIPT}(?:جميع|كل|كافة){_GAP_ANY_SCRIPT}(?:التعليمات|الأوامر|القواعد|الإرشادات|تعليمات)",
    ),
    injection_pattern(
        "override",
        0.93,
        "say unut gormezden dikkate ard",
        rf"\b(?:onceki|tum|butun|yukar)\w{{0,8}}{_GAP_ANY_SCRIPT}\b(?:talimat|komut|kural|yonerge|ta?limat){_GAP_ANY_SCRIPT}\b(?:yok say|unut|gormezden gel|dikkate alma|goz ard)",
    ),
    injection_pattern(
        "override",
        0.93,
        "अनदेखा भूल नजरअंदाज ध्यान",
        rf"(?:पिछले|सभी|पूर्व|ऊपर){_GAP_ANY_SCRIPT}(?:निर्देश|आदेश|नियम){_GAP_ANY_SCRIPT}(?:अनदेखा|भूल|नजरअंदाज|ध्यान न)",
    ),
    injection_pattern(
        "forget-all",
        0.9,
        "vergiss ignorier olvid ignora oubli dimentic esquec",
        rf"\b(?:vergiss|ignoriere?n?)\b(?: sie| bitte)? (?:alles|das obige|die obigen){_GAP}",
        rf"\b(?:olvida|ignora)\w{{0,2}}\b todo\b{_GAP}\b(?:anterior|antes|dicho)",
        rf"\boublie[zr]?\b tout\b{_GAP}\b(?:precede|avant|dit|precedent)",
        rf"\bdimentica\b tutto\b{_GAP}\b(?:prima|detto|sopra)",
        rf"\besquec[ae]\b tudo\b{_GAP}\b(?:antes|anterior|disse)",
    ),
    _reveal(
        "prompt anweisung befehl instruktion",
        r"zeig\w{0,2}|verrat\w{0,2}|gib|nenne?|offenleg\w{0,2}|enttarn\w{0,2}|drucken?|wiederhol\w{0,2}|kannst du",
        r"system-?prompt|systemanweisung|prompt-?texte?|(?:dein\w{0,2}|ursprunglich\w{0,2}|grundlegend\w{0,2}) (?:\w{1,16} )?(?:prompt|anweisung|befehl|instruktion)|ausbildungsbefehl",
    ),
    _reveal(
        "instruction consigne prompt invite",
        r"montre\w{0,3}|revele\w{0,3}|affiche\w{0,2}|donne\w{0,3}|divulgue\w{0,2}|repete\w{0,2}|peux-tu|dis-moi",
        r"(?:tes|ta|vos|votre) (?:\w{1,14} )?(?:instructions?|consignes?|prompt)|instructions? (?:systeme|initiale|de base|fondamentale|principale)|(?:invite|prompt) (?:du )?systeme",
    ),
    _reveal(
        "instruccion indicacion prompt mensaje",
        r"muestra\w{0,3}|mostrar|revela\w{0,3}|dime|imprime|repite|comparte|puedes",
        r"(?:instruccion|indicacion|mensaje|prompt)\w{0,2} (?:\w{2,12} ){0,2}(?:base|inicial|del sistema|de sistema|principal|original|fundamental|detras)|tus? (?:\w{1,14} )?(?:instrucciones|prompt)|prompt (?:del|de) sistema",
    ),
    _reveal(
        "istruzion prompt direttiv",
        r"mostra\w{0,3}|rivela\w{0,3}|dimmi|stampa|ripeti|svela|puoi",
        r"istruzion\w (?:\w{2,12} ){0,2}(?:di sistema|iniziali?|originali?|di base|fondamental\w)|(?:tue|tuo) (?:istruzioni|prompt)|prompt (?:di|del) sistema",
    ),
    _reveal(
        "instruc diretriz prompt pergunta",
        r"mostr[ea]\w{0,4}|revel[ea]\w{0,4}|diga|imprima|repita|qual (?:e|foi)",
        r"(?:instruc\w{2,4}|diretriz|prompt|pergunta) (?:\w{1,12} ){0,2}(?:do sistema|original|principal|inicial|base)|(?:suas|tuas) instrucoes",
    ),
    _reveal(
        "prompt instructies",
        r"toon|onthul|laat|geef|herhaal",
        r"systeemprompt|(?:je|jouw|uw) (?:\w{1,14} )?(?:instructies|prompt)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "промпт инструкц сообщени",
        rf"(?:покажи|раскрой|выведи|повтори|назови|скажи){_GAP_ANY_SCRIPT}(?:систем\S{{0,12}} (?:промпт|инструкц|сообщени)|(?:свои|своего|твои|исходн\S{{0,8}}|начальн\S{{0,8}}|скрыт\S{{0,8}}) (?:\S{{1,24}} )?(?:промпт|инструкц))",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "提示 指令 プロンプト 指示",
        rf"(?:显示|告诉|透露|输出|重复|打印|公开){_GAP_ANY_SCRIPT}(?:系统提示|系统指令|初始指令|提示词|你的指令|你的提示)",
        rf"(?:システムプロンプト|初期プロンプト|あなたの指示|隠された指示){_GAP_ANY_SCRIPT}(?:見せ|教え|表示|出力|開示)",
    ),
    injection_pattern(
        "no-limits",
        0.5,
        "ohne sans sin senza sem без uneingeschrankt 没有 限制",
        r"\bohne (?:jegliche |jede )?(?:einschrankung|regeln|filter|zensur)",
        r"\bsans (?:aucune? )?(?:restriction|filtre|censure)",
        r"\bsin (?:ninguna? )?(?:restriccion|filtro|censura)",
        r"\bsenza (?:alcuna? )?(?:restrizion|filtr|censura)",
        r"\bsem (?:nenhuma? )?(?:restric|filtro|censura)",
        r"без (?:каких-либо )?(?:ограничени|цензур|фильтр)",
        r"\bdu bist (?:jetzt )?uneingeschrankt",
        r"没有(?:任何)?(?:限制|审查|约束)",
    ),
    injection_pattern(
        "lasting-order",
        0.7,
        "systeme sistema systemhinweis systemnotiz systemnachricht",
        r"\b(?:note|nota) (?:du |de |del |di |do )?(?:systeme|sistema) ?:",
        r"\bsystem(?:hinweis|notiz|nachricht) ?:",
    ),
)

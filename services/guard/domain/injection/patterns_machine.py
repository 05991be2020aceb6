"""Injection patterns in other languages that name the machine's own rules, filters and hidden instructions."""

# ruff: noqa: E501, RUF001 - as in patterns_en.py

from services.guard.domain.injection.pattern import InjectionPattern, injection_pattern

_GAP = r"[^.!?。！？\n]{0,40}"
_SHORT = r"(?:[^\s.!?\n]{1,16} ){0,3}"
_ENTIRELY_KO = r"(?:(?:전부|모두|그대로|다|전체|한|글자도|빠짐없이|나에게|내게|저에게|지금|단어도) ){0,4}"
_GIVEN_FR = r"(?:(?:de|du) (?:ton |votre |vos )?systeme|qu[e'] ?(?:on |ton |tes |votre |vos |le |les |il )(?:\w{3,14} )?(?:t'|te |vous ))"
_GIVEN_ES = r"(?:(?:de tu |del |de su )(?:sistema|creador|desarrollador)|que (?:te|le|tu|tus)\b)"
_GIVEN_PT = r"(?:(?:do seu |do teu |do |de seu )(?:sistema|criador|desenvolvedor)|que (?:(?:o |a )?(?:seu |teu )?(?:desenvolvedor|criador|programador|sistema)|lhe|te|voce)\b)"
_GIVEN_IT = r"(?:del (?:tuo )?(?:sistema|creatore|sviluppatore)|che (?:ti|il tuo)\b)"

MACHINE_PATTERNS: tuple[InjectionPattern, ...] = (
    injection_pattern(
        "override",
        0.85,
        "kural talimat yonerge filtre",
        rf"\b(?:kural|talimat)lar[ıi]n[ıi](?:z[ıi])? {_SHORT}(?:yok say|unut|atla|as|cigne|birak|gormezden gel)\b",
        rf"\b(?:yonerge|filtre)ler[ıi]n[ıi](?:z[ıi])? {_SHORT}(?:yok say|unut|atla|as|cigne|birak|gormezden gel)\b",
    ),
    injection_pattern(
        "override",
        0.93,
        "무시 잊어",
        rf"(?:너의|너희의|당신의|네) (?:[^\s.!?\n]{{1,10}} )?(?:규칙|지침|지시|제한|명령|필터){_GAP}(?:무시|잊어)",
    ),
    injection_pattern(
        "override",
        0.93,
        "تجاهل انس تخط",
        r"(?:تجاهل|انس|تخط|انسى) ?(?:كل |جميع )?(?:قواعدك|تعليماتك|قيودك|إرشاداتك|أوامرك)",
    ),
    injection_pattern(
        "override",
        0.93,
        "अपने अपनी",
        r"(?:अपने|अपनी) (?:\S{1,16} )?(?:नियम|निर्देश|प्रतिबंध)\S{0,8} (?:को )?(?:\S{1,10} )?(?:भूल ?जा|अनदेखा कर|नजरअंदाज कर)",
    ),
    injection_pattern(
        "override",
        0.9,
        "绕过 无视 跳过",
        rf"(?:绕过|无视|跳过)你的{_GAP}(?:过滤|审查|安全限制|安全机制)",
    ),
    injection_pattern(
        "free-machine",
        0.9,
        "忘れ 無視",
        rf"(?:ルール|規則|指示|制限|制約)を(?:すべて|全て|全部)?(?:忘れ|無視){_GAP}(?:制限|制約|ルール|検閲)(?:の|が|も)?(?:ない|なし|無い)",
    ),
    injection_pattern(
        "free-machine",
        0.85,
        "你 제한 ogranicze ограничени yapay قيود",
        r"你(?:现在|从现在起)?不再?受(?:任何|一切|所有)?(?:规则|限制|规定)的?(?:约束|限制)",
        r"你(?:现在|从现在起|从现在开始)?是(?:一个|个)?(?:没有(?:任何)?|不受(?:任何)?)(?:限制|约束|审查)的?(?:ai|人工智能|模型|助手)",
        r"제한이? 없는 (?:ai|인공지능)(?:야|이야|입니다|로서|처럼)",
        r"\bai bez (?:zadnych |jakichkolwiek )?ogranicze",
        r"(?:ты|теперь) ?(?:теперь )?(?:ии|нейросеть) без (?:каких-либо |всяких )?ограничени",
        r"k[ıi]s[ıi]tlamas[ıi] olmayan bir yapay zeka",
        r"ذكاء اصطناعي (?:بلا|بدون|دون) (?:أي )?قيود",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "secret cache intern confiden ocult segret nascost",
        rf"\b(?:montre|revele|affiche|donne|divulgue|repete)\w{{0,3}}\b{_GAP}\b(?:instructions?|consignes?|regles?|prompts?) (?:secret|cache|interne|confidentiel)\w{{0,3}} {_GIVEN_FR}",
        rf"\b(?:muestra|revela|dime|imprime|repite|comparte)\w{{0,3}}\b{_GAP}\b(?:instruccion|indicacion|regla|prompt|mensaje)\w{{0,2}} (?:secret|ocult|intern|confidencial)\w{{0,2}} {_GIVEN_ES}",
        rf"\b(?:mostr[ea]|revel[ea]|diga|imprima|repita|exib[ae])\w{{0,4}}\b{_GAP}\b(?:instruc\w{{2,4}}|diretriz\w{{0,2}}|regras?|prompts?) (?:secret|ocult|intern|confidencia)\w{{1,2}} {_GIVEN_PT}",
        rf"\b(?:mostra|rivela|dimmi|stampa|ripeti|svela)\w{{0,3}}\b{_GAP}\b(?:istruzion\w|regole|direttive|prompt) (?:segret|nascost|intern)\w{{1,2}} {_GIVEN_IT}",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "instrukcj prompt polecen wytyczn",
        rf"\b(?:pokaz|powtorz|ujawnij|wyswietl|podaj|wypisz|zdradz)\b{_GAP}\b(?:swoj|twoj)\w{{0,2}} (?:\w{{1,14}} )?(?:instrukcj|prompt|polecen|wytyczn)",
        rf"\b(?:pokaz|powtorz|ujawnij|wyswietl|podaj|wypisz|zdradz)\b{_GAP}\b(?:prompt systemow|(?:tajne|ukryte|poufne) (?:instrukcj|polecen|wytyczn)\w{{1,2}},? {_GAP}\b(?:ci|system\w{{0,2}}|tworc\w{{1,2}})\b)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "секретн скрыт тайн",
        rf"(?:покажи|раскрой|выведи|повтори|назови|скажи|открой){_GAP}(?:секретн|скрыт|тайн)\S{{0,6}} (?:инструкц|указани|промпт|команд)\S{{0,8}} {_GAP}(?:тебе|разработчик|систем)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "gizli sistem",
        rf"\b(?:gizli|sistem) (?:talimat|istem|komut|yonerge)(?:lar|ler)?[ıi]n[ıi](?:z[ıi])? {_SHORT}(?:goster|tekrar|soyle|yaz\b|yazd[ıi]r|ac[ıi]kla|paylas)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "指令 指示 提示 规则",
        rf"(?:重复|告诉|输出|显示|透露|说出|公开|打印|复述){_GAP}你(?:的|被给予的|收到的)?(?:隐藏|秘密|保密|机密|内部)的?(?:指令|指示|提示|规则)",
        r"把(?:开发者|开发人员|系统|创造者)(?:给|告诉|发给)你的\S{0,8}(?:指令|指示|提示|规则)\S{0,4}(?:告诉|输出|显示|说|发|给|列)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "指示 命令 プロンプト",
        rf"(?:隠された|秘密の|あなたの内部)(?:指示|命令|プロンプト)を{_GAP}(?:見せ|教え|表示し|出力し|開示し|繰り返し|明かし|書き出し)",
        r"システムプロンプトを(?:全部|すべて|全て|そのまま|一字一句)?(?:そのまま)?(?:見せ|出力し|開示し|繰り返し|明かし|書き出し)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "프롬프트 지시 명령",
        rf"(?:시스템 ?프롬프트|(?:숨겨진|비밀|너의|당신의) (?:시스템 )?(?:지시|명령|프롬프트)(?:사항)?)(?:를|을)? {_ENTIRELY_KO}(?:보여|출력|반복|공개|알려|말해)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "تعليماتك موجه المخفية السرية",
        rf"(?:اعرض|اكشف|كرر|اظهر|أظهر|اطبع){_GAP}(?:تعليماتك|موجه النظام|التعليمات (?:السرية|المخفية))",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "अपने अपना आपके",
        r"(?:अपने|अपना|आपके) (?:\S{1,16} ){0,2}(?:निर्देश|प्रॉम्प्ट)\S{0,8} (?:\S{1,10} ){0,2}(?:दिखा|दोहरा|प्रकट कर)",
    ),
    injection_pattern(
        "role-escape",
        0.92,
        "dan",
        rf"\bdan\b[^.!?\n]{{0,30}}\b(?:nie|niemals|nunca|mai|jamais|niczego|nigdy) {_SHORT}(?:verweiger|ablehn|recus|rehus|niega|rechaz|rifiut|refus|odmawia)",
        rf"\bdan\b[^.!?\n]{{0,30}}\b(?:non rifiut|ne refuse[sz]? |verweigerst nie|lehnst nie){_GAP}",
        r"\b(?:jij|je|u) (?:bent|bent vanaf) nu dan (?:en|zonder)\b",
        r"\b(?:eres|voce e|sei|tu es|du bist) (?:o )?dan (?:y|e|et|und) (?:\w{1,12} ){0,3}(?:cualquier cosa|qualquer coisa|qualsiasi cosa|n'importe quoi|alles)\b",
        rf"(?:теперь ты|ты теперь) dan (?:и|без){_GAP}(?:не отказ|без|правил|ограничен|никогда)",
        r"\bdan['’]s[ıi]n (?:ve|ve hicbir|kural)",
        r"你(?:现在|从现在起|从现在开始)(?:是|就是|扮演) ?dan\b",
        r"あなたは(?:今から|これから)dan(?:です|だ|として)",
        r"(?:너는|넌|당신은) (?:이제 |지금부터 )dan(?:이고|이야|입니다|이다)",
    ),
    injection_pattern(
        "safety-off",
        0.85,
        "annul aufgehoben ausser gelten valgono valem valen rigen suspen sospes appliquent opgeheven anul",
        rf"\b(?:tue|tuoi|tus|suas|seus|tes|vos|deine|jouw|twoje) (?:\w{{3,14}} ){{0,2}}(?:direttive|regole|istruzioni|politicas|reglas|instrucciones|directrices|diretrizes|regras|instrucoes|directives|regles|consignes|regeln|richtlinien|anweisungen|regels|richtlijnen|zasady|wytyczne)\b{_GAP}\b(?:annullat\w|non valgono|sospes\w|anulad\w{{1,2}}|suspendid\w{{1,2}}|nao valem|ya no (?:valen|rigen)|annulees?|suspendues?|ne s'appliquent plus|aufgehoben|ausser kraft|gelten nicht mehr|opgeheven|anulowane)\b",
    ),
    injection_pattern(
        "safety-off",
        0.85,
        "entwicklermodus developpeur desarrollador desenvolvedor sviluppatore",
        r"\b(?:entwicklermodus|mode developpeur|modo desarrollador|modo desenvolvedor|modalita sviluppatore)\b[^.!?\n]{0,40}\b(?:inhaltsfilter|inhaltsrichtlinien|(?:deine|tes|vos) (?:filter|regeln|richtlinien|regles|filtres)|(?:les )?politiques? de contenu|(?:tus|suas) (?:politicas|reglas|regras|filtros)|(?:le tue|i tuoi) (?:direttive|regole|politiche|filtri))",
    ),
    injection_pattern(
        "safety-off",
        0.85,
        "отменен снят действу",
        rf"(?:твои|ваши) {_SHORT}(?:директив|правил|инструкц|ограничени)\S{{0,6}} (?:больше не действу|отменен|снят)",
    ),
    injection_pattern(
        "no-morals",
        0.85,
        "ethi etic etich moral",
        rf"\b(?:tu so|stell dir vor|verhalte dich|fais comme si|fais semblant|imagine que|finge|imagina|haz como si|fingi|fai finta|immagina|finja|imagine|doe alsof|stel je voor|udawaj)\b{_GAP}\b(?:kein\w{{0,2}}|aucun\w?|no|n'|nessun\w?|sin|sem|nao|nenhum\w?|geen|non|senza|zadnych) ?{_GAP}\b(?:ethisch|moralisch|ethique|moral|etic)\w{{0,4}}",
    ),
)

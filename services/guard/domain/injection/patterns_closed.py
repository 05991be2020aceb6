"""Injection patterns in further languages that are whole clauses: a verb that begins one, the machine's instructions, and an end.

What follows the instructions in a clause says whose they are ("the rules of the game"), so that here nothing may follow but what names
the machine or the conversation. No list of others' rules is needed, and a verb that begins no clause is no order.
"""

# ruff: noqa: E501, RUF001 - as in patterns_en.py

from services.guard.domain.injection.pattern import InjectionPattern, injection_pattern

_AND = r"(?:and|then|och|sedan|og|sa|ja|sitten|a|pak|potom|es|majd|і|й|та|и|а|потім|после|i|te|pa|in|και|ve|dan|lalu|kemudian|serta|va|roi|sau do|at|saka|na|kisha)"
_PLEASE = r"(?:(?:please|now|first|snalla|nu|var god|vanligen|venligst|vennligst|vaer sa snill|na|prosim|nyni|ted|ole hyva ja|kerem|kerlek|most|будь ласка|тепер|моля|сега|molim|prosim te|sada|parakalo|παρακαλω|τωρα|hay|vui long|xin|bay gio|tolong|mohon|silakan|harap|sekarang|pakiusap|paki|tafadhali|sasa|de|lalu|kemudian|dan|בבקשה|עכשיו|لطفا|اکنون|براہ کرم|اب|অনুগ্রহ করে|এখন|โปรด|กรุณา|ช่วย|จง) ?){0,2}"
_BEGIN = rf"(?:^|[.!?:;,\"'«»“”„(>\[*_`。؟।۔-]\s{{0,3}}|(?:^|\s){_AND},? |[א-ת]* ו| و ?| और | اور | এবং |และ| แล้ว){_PLEASE}"
_END = rf"(?:\s?$|\s?[.!?:;,\"'«»“”)\]<*`\n。؟।۔-]|\s{_AND}\s| ו| و ?| और | اور | এবং |และ|แล้ว)"


def _closed(name: str, weight: float, required: str, *clauses: str) -> InjectionPattern:
    """A pattern of whole clauses, which name the machine as the owner by themselves."""
    alternatives = (f"{_BEGIN}{clause}{_END}" for clause in clauses)
    return injection_pattern(name, weight, required, *alternatives, names_owner=True)


def _override(
    required: str, verbs: str, words: str, instructions: str, rules: str, behind: str
) -> InjectionPattern:
    """A verb, then instructions that are all, earlier or the machine's.

    `words` say that; of `rules`, which games have too, only the machine's are meant, so that these hold
    their possessive, as do those forms of `instructions` that need no further word.
    """
    return _closed(
        "override",
        0.93,
        required,
        rf"(?:{verbs}) (?:(?:{words}) ){{1,4}}(?:{instructions})(?: (?:{behind}))?",
        rf"(?:{verbs}) (?:(?:{words}) ){{0,3}}(?:{rules})(?: (?:{behind}))?",
    )


def _reveal(required: str, verbs: str, prompts: str) -> InjectionPattern:
    """A verb, then the machine's own prompt."""
    return _closed("reveal-prompt", 0.9, required, rf"(?:{verbs}) (?:{prompts})(?: [^.!?\n]{{1,40}})??")


_SV = r"(?:din|ditt|dina)"
_DA = r"(?:din|dit|ditt|dine)"
_CS = r"(?:sv[eau]j?|svoj[ei]?|tv[eau]j?|tvoj[ei]?|sva|tva)"
_HR = r"(?:svoj[aeu]?|tvoj[aeu]?)"

CLOSED_PATTERNS: tuple[InjectionPattern, ...] = (
    _override(
        "ignorera glom strunta bortse asidosatt",
        r"ignorera|glom(?: bort)?|strunta i|bortse fran|asidosatt",
        rf"alla|samtliga|de|tidigare|foregaende|ovanstaende|ursprungliga|hemliga|dolda|{_SV}",
        r"instruktioner(?:na)?|anvisningar(?:na)?|direktiv(?:en)?|systemprompt(?:en)?|order",
        rf"{_SV} (?:\w{{3,14}} )?(?:regler|riktlinjer|begransningar|instruktioner|spärrar|filter)|(?:reglerna|riktlinjerna) ovan|regler(?:na)? (?:som )?du (?:har )?(?:fatt|fick)",
        r"ovan|du (?:har )?(?:fatt|fick)|som du (?:har )?(?:fatt|fick)|hittills|fran systemet",
    ),
    _override(
        "ignorer glem bort tilsides oversk",
        r"ignorer|glem|se bort (?:fra|ifra)|tilsidesæt|tilsidesett",
        rf"alle|de|tidligere|forrige|foregaende|foregående|ovenstaende|ovenstående|oprindelige|opprinnelige|hemmelige|skjulte|{_DA}",
        r"instruktioner(?:ne)?|instruksjoner?(?:ne)?|instrukser?(?:ne)?|anvisninger(?:ne)?|direktiver(?:ne)?|ordrer(?:ne)?|systemprompt(?:en)?",
        rf"{_DA} (?:\w{{3,14}} )?(?:regler|retningslinjer|begr[æe]nsninger|begrensninger|instruktioner|instruksjoner|instrukser|filtre)|regler(?:ne)? (?:som )?du (?:har )?(?:fået|fatt|fikk|fik)|(?:reglerne|reglene|retningslinjerne|retningslinjene) ovenfor",
        r"ovenfor|du (?:har )?(?:fået|faet|fatt|fikk|fik)|som du (?:har )?(?:fået|fatt|fikk|fik)|hidtil|hittil|fra systemet",
    ),
    _override(
        "ignoruj zapome nedbej prehlizej zabudni obejdi",
        r"ignoruj(?:te)?|zapomen(?:te)?(?: na)?|nedbej(?:te)? na|prehlizej|zabudni(?:te)?(?: na)?|obejdi",
        rf"vsechny|vsechna|veskere|vsetky|predchozi|predchadzajuce|dosavadni|drivejsi|vyse uvedene|puvodni|skryte|tajne|{_CS}",
        r"pokyny|instrukc\w{1,3}|instrukcie|prikazy|direktivy",
        rf"{_CS} (?:\w{{3,14}} )?(?:pravidla|omezeni|obmedzenia|zasady|smernice|filtry|pokyny|instrukce|instrukcie|zadani)|pravidla vyse",
        r"vyse|od systemu|ktere jsi dostal",
    ),
    _override(
        "unohda ohita sivuuta valita",
        r"unohda|ohita|sivuuta|ala valita",
        r"kaikki|kaikista|aiemmat|aikaisemmat|edelliset|aiemmista|edellisista|ylla olevat|alkuperaiset|sinun|saamasi",
        r"ohjeet|ohjeesi|ohjeista|kaskyt|maaraykset|kehotteet|kehotteesi",
        r"ohjeesi|saantosi|rajoituksesi|ohjeistuksesi|kehotteesi",
        r"ylla|jotka sait|joita sait",
    ),
    _closed(
        "override",
        0.93,
        "huomiotta kivul felejtsd",
        r"jata (?:kaikki |aiemmat |edelliset |aikaisemmat ){1,3}(?:ohjeet|ohjeesi|maaraykset|kehotteet) huomiotta",
        r"hagyd figyelmen kivul (?:(?:az|a|ossz?es|minden|korabbi|elozo|fenti|eddigi) ?){1,4} ?(?:utasitas\w{0,10}|szabalya\w{2,6}|iranyelve\w{2,6})",
        r"hagyd (?:(?:az|a|ossz?es|minden|korabbi|elozo|fenti|eddigi) ?){1,4} ?(?:utasitas\w{0,10}|szabalya\w{2,6}|iranyelve\w{2,6}) figyelmen kivul",
        r"felejtsd el (?:(?:az|a|ossz?es|minden|korabbi|elozo|fenti|eddigi) ?){1,4} ?(?:utasitas\w{0,10}|szabaly(?:aidat|odat|aid)|iranyelveidet)",
    ),
    _override(
        "ігнору забудь зважай відкинь",
        r"(?:про)?ігноруй(?:те)?|забудь(?:те)?(?: про)?|не зважай на|відкинь",
        r"усі|всі|попередні|минулі|свої|твої|вищенаведені|початкові|системні",
        r"інструкції|вказівки|команди|накази",
        r"(?:свої|твої) (?:\S{3,28} )?(?:правила|обмеження|інструкції|вказівки|фільтри)|правила вище",
        r"вище|від системи|які тобі дали",
    ),
    _override(
        "игнорирай забрави пренебрегни игнориши занемари заборави",
        r"игнорирай(?:те)?|забрави|пренебрегни|игнориши|занемари|заборави",
        r"всички|предишни(?:те)?|предходни(?:те)?|горните|своите|твоите|си|све|претходне|претходна|сва|ранија|своја|твоја",
        r"инструкции(?:те)?|указания(?:та)?|команди|упутства|инструкције|наредбе",
        r"(?:своите|твоите|својa|своја|твоја) (?:правила|ограничения|указания|упутства|ограничења)|(?:правилата|инструкциите|указанията|ограниченията) си",
        r"по-горе|си|изнад",
    ),
    _override(
        "ignoriraj ignorisi zanemari zaboravi prezri pozabi",
        r"ignoriraj(?:te)?|ignorisi(?:te)?|zanemari(?:te)?|zaboravi|prezri|pozabi(?: na)?",
        rf"sve|sva|vse|vsa|prethodne|prethodna|prejsnje|prejsnja|ranije|ranija|dosadasnje|gornje|izvorne|{_HR}",
        r"upute|uputstva|instrukcije|navodila|naredbe",
        rf"{_HR} (?:pravila|ogranicenja|omejitve|smernice|smjernice|upute|uputstva|navodila)",
        r"iznad|zgoraj|od sustava|od sistema",
    ),
    _override(
        "αγνοησ ξεχασ ξεχνα παραβλεψ",
        r"αγνοησ(?:ε|τε)|αγνοησετε|ξεχασ(?:ε|τε)|ξεχνα|παραβλεψ(?:ε|τε)",
        r"ολες|ολους|τις|τους|προηγουμενες|προηγουμενους|παραπανω|αρχικες|κρυφες",
        r"οδηγιες|εντολες|κατευθυνσεις",
        r"(?:τις|τους) (?:οδηγιες|κανονες|εντολες|περιορισμους) σου",
        r"σου|παραπανω|του συστηματος|που σου εδωσαν",
    ),
    _closed(
        "override",
        0.93,
        "התעלם התעלמי תתעלם שכח שכחי",
        r"(?:התעלם|התעלמי|תתעלם|שכח|שכחי) (?:מ?כל|את כל|מ|את)[ -]?ה(?:הוראות|הנחיות|כללים|פקודות)(?: ה(?:קודמות|קודמים|מקוריות)| שלך| שקיבלת| לעיל| עד כה)?",
    ),
    _closed(
        "override",
        0.93,
        "نادیده فراموش نظر بھول بھلا",
        r"(?:تمام|همه|همه ی|کلیه) ?(?:ی )?(?:دستورات|دستورالعمل\S{0,6}|دستورهای|قوانین|فرمان\S{0,6}) ?(?:های |هاي )?(?:قبلی|پیشین|بالا|خود|خودت)(?:ت)? را (?:نادیده بگیر|فراموش کن)(?:ید)?",
        r"(?:قواعد|دستورات|قوانین|دستورالعمل\S{0,6})(?: ?ا?ت|تان| خود| خودت) را (?:نادیده بگیر|فراموش کن)(?:ید)?",
        r"(?:(?:تمام|سب|ساری|پچھلی|سابقہ|پہلے کی|اپنی|اپنے) ){1,3}(?:ہدایات|احکامات|ہدایتوں|قواعد|اصول) ?(?:کو )?(?:نظر ?انداز|بھول|بھلا) ?(?:کریں|کرو|کر دو|کر دیں|جاؤ|جائیں|دو|دیں)",
    ),
    _closed(
        "override",
        0.93,
        "উপেক্ষা ভুলে",
        r"(?:(?:পূর্ববর্তী|আগের|পূর্বের|সমস্ত|সব|সকল|তোমার|আপনার) ){1,3}(?:নির্দেশ|নির্দেশনা|নির্দেশাবলী|নিয়ম)\S{0,4} (?:উপেক্ষা (?:কর|করুন|করো)|ভুলে (?:যাও|যান))",
    ),
    _override(
        "huong lenh quy",
        r"(?:bo qua|quen(?: di)?|pho lo)",
        r"tat ca|moi|toan bo|cac|nhung|het",
        r"(?:huong dan|lenh|menh lenh|quy tac) (?:truoc(?: do| đo| day| đay)?|o tren|phia tren|ben tren|cua ban|ban đau|he thong)",
        r"(?:huong dan|lenh|quy tac|quy đinh) cua ban",
        r"truoc đo|cua ban|o tren",
    ),
    _override(
        "abaikan lupakan",
        r"abaikan|lupakan",
        r"semua|seluruh|segala|setiap",
        r"(?:instruksi|perintah|arahan|petunjuk|pedoman)(?: yang| kamu| anda)? ?(?:sebelumnya|di atas|terdahulu|awal|sebelum ini|anda|kamu|mu|sistem)",
        r"(?:instruksi|perintah|arahan|petunjuk|aturan|peraturan|batasan)(?:mu| (?:anda|kamu|awak|sistem))|(?:instruksi|arahan|perintah) (?:sebelumnya|di atas|terdahulu)",
        r"sebelumnya|di atas|anda|kamu",
    ),
    _closed(
        "override",
        0.93,
        "ละเว้น เพิกเฉย ลืม สนใจ",
        r"(?:ละเว้น|เพิกเฉย(?:ต่อ)?|ลืม|ไม่ต้องสนใจ) ?(?:คำสั่ง|คำแนะนำ|กฎ|ข้อกำหนด) ?(?:ทั้งหมด)? ?(?:ก่อนหน้า(?:นี้)?|ข้างต้น|เดิม|ของคุณ|ระบบ) ?(?:ทั้งหมด|ของคุณ)?",
    ),
    _override(
        "pansinin balewalain kalimutan puuza sahau usizingatie",
        r"huwag pansinin|balewalain|kalimutan(?: mo)?|puuza|sahau|usizingatie",
        r"ang|lahat ng|mga|naunang|nakaraang|iyong|lahat",
        r"(?:tagubilin|instruksyon|utos|tuntunin)|(?:maagizo|maelekezo) (?:yote )?(?:ya awali|ya hapo awali|yaliyotangulia|yako|yote)(?: ya awali| yaliyotangulia)?",
        r"ang (?:lahat ng )?iyong (?:mga )?(?:tagubilin|tuntunin|instruksyon)|(?:maagizo|maelekezo) (?:yote )?(?:ya awali|yaliyotangulia|yako)|sheria zako",
        r"sa itaas|mo|yako|zako",
    ),
    _closed(
        "override",
        0.9,
        "지시 명령 지침 규칙 프롬프트",
        r"(?:(?:너의|네|당신의|이|그|모든|이전|기존|시스템) ?){0,2}(?:지시|명령|지침|프롬프트)(?:사항|들)?(?:을|를|은|는)? ?(?:모두|전부|다|싹|완전히) (?:무시|잊|어겨)(?:하고|해|하세요|하십시오|해라|해줘|해 줘|어|고|으세요|어라|어버려|어 줘)[^.!?\n]{0,40}",
        r"모든 (?:지시|명령|지침|규칙|프롬프트)(?:사항|들)?(?:을|를)? (?:무시하고|무시해|무시하세요|잊고|잊어|잊으세요)[^.!?\n]{0,40}",
    ),
    _reveal(
        "visa skriv avsloja upprepa aterge beratta",
        r"(?:visa|skriv(?: ut| ner)?|avsloja|upprepa|aterge|beratta)(?: (?:mig|for mig|ut|ordagrant|exakt|hela|om)){0,3}",
        rf"{_SV} (?:\w{{3,14}} )?(?:system-?prompt|prompt|instruktioner|systeminstruktioner|systemmeddelande|anvisningar)",
    ),
    _reveal(
        "prompt ledetekst instruktion instruksjon instruks systemm systemb",
        r"(?:vis|udskriv|skriv(?: ut| ned)?|afslør|avslør|gentag|gjenta|gi|giv)(?: (?:mig|meg|os|oss|ordret|hele|præcis)){0,3}",
        rf"{_DA} (?:\w{{3,14}} )?(?:system-?prompt|ledetekst|prompt|instruktioner|instruksjoner|instrukser|systeminstruktioner|systemmelding|systembesked)",
    ),
    _reveal(
        "ukaz vypis zobraz prozrad zopakuj odhal napis sdel prezrad",
        r"(?:ukaz|vypis|zobraz|prozrad|prezrad|zopakuj|odhal|napis|sdel)(?: (?:mi|me|nam|doslova|cely)){0,3}",
        rf"{_CS} (?:\w{{3,14}} )?(?:prompt|pokyny|instrukce|instrukcie|zadani|systemov\w{{1,3}} \w{{3,10}})",
    ),
    _reveal(
        "kehot prompti jarjestelmaohje ohjeesi",
        r"(?:nayta|tulosta|paljasta|toista|kerro|kirjoita)(?: (?:minulle|koko|kaikki|sanasta sanaan)){0,3}",
        r"(?:jarjestelma\w{0,3}kehot\w{2,8}|systeemiprompti\w{0,4}|jarjestelmaohje\w{0,5}si|(?:\w{3,14} )?(?:kehotteesi|promptisi|ohjeesi))",
    ),
    _reveal(
        "rendszer utasitasai promptod",
        r"(?:ird (?:ki|le)|mutasd(?: meg)?|aruld el|ismeteld(?: meg)?|add (?:ki|meg))(?: (?:nekem|a|az|szo szerint|teljes)){0,3}",
        r"(?:rendszerprompt\w{1,6}|rendszeruzenet\w{1,6}|rendszerutasitas\w{2,8}|(?:\w{3,14} )?(?:utasitasai[dt]\w{0,3}|promptod\w{0,2}))",
    ),
    _reveal(
        "промпт підказку інструкції вказівки инструкции указания упутства инструкциите",
        r"(?:покажи|виведи|розкрий|повтори|надрукуй|изпиши|разкрий|испиши|откриј|понови|прикажи)(?: (?:мені|ми|дословно|дослівно)){0,3}",
        r"(?:(?:свій|твій|свої|твої|свой|твоя|твоите|своите|свој|твој|своја|твоја) (?:\S{3,28} )?(?:промпт|підказку|інструкції|вказівки|инструкции|указания|упутства)|систем\S{2,8} си (?:промпт|инструкции)|(?:промпта|инструкциите|указанията) си)",
    ),
    _reveal(
        "ispisi pokazi prikazi otkrij ponovi izpisi razkrij",
        r"(?:ispisi|pokazi|prikazi|otkrij|ponovi|izpisi|razkrij)(?: (?:mi|nam|doslovno|od rijeci do rijeci)){0,3}",
        rf"{_HR} (?:\w{{3,14}} )?(?:prompt|upit|upute|uputstva|navodila|poziv)",
    ),
    _reveal(
        "δειξε εμφανισε αποκαλυψε επαναλαβε τυπωσε",
        r"(?:δειξε|εμφανισε|αποκαλυψε|επαναλαβε|τυπωσε)(?: (?:μου|το|τις|την|ολο|κατα λεξη)){0,3}",
        r"(?:(?:\S{3,28} )?(?:system prompt|prompt|οδηγιες|προτροπη)(?: (?:συστηματος))? σου|κρυφες οδηγιες|system prompt)",
    ),
    _closed(
        "reveal-prompt",
        0.9,
        "הצג הראה חשוף הדפס חזור נشان",
        r"(?:הצג|הראה|חשוף|הדפס|חזור על)(?: לי)?(?: את)? (?:ה)?(?:הנחיות|הוראות|פרומפט|פרומט|הנחיית)(?: ה?מערכת| ה?סודיות| ה?נסתרות)?(?: שלך)",
    ),
    _closed(
        "reveal-prompt",
        0.9,
        "پرامپت دستور پرامپٹ ہدایات",
        r"(?:پرامپت|دستورات|دستورالعمل\S{0,6})(?: (?:سیستم|سیستمی|مخفی|پنهان|اولیه|محرمانه)){0,2} (?:خود|خودت|خودتان|شما)ت? را (?:به من )?(?:نشان (?:بده|دهید)|فاش کن|چاپ کن|تکرار کن|بنویس|بگو)",
        r"(?:اپنا|اپنی|اپنے) (?:\S{2,20} ){0,2}(?:پرامپٹ|ہدایات) (?:مجھے )?(?:دکھائیں|دکھاؤ|ظاہر کریں|ظاہر کرو|دہرائیں|بتائیں|بتاؤ)",
    ),
    _closed(
        "reveal-prompt",
        0.9,
        "প্রম্পট নির্দেশ",
        r"(?:আপনার|তোমার) (?:\S{2,30} ){0,2}(?:প্রম্পট|নির্দেশ\S{0,12}) (?:দেখান|দেখাও|প্রকাশ করুন|প্রকাশ কর|বলুন|বলো|লিখুন)",
    ),
    _reveal(
        "nhac prompt lenh huong",
        r"(?:cho toi (?:xem|biet)|hien thi|tiet lo|in ra|lap lai|đua ra)(?: (?:toan bo|nguyen van|cho toi)){0,3}",
        r"(?:(?:loi nhac|prompt|cau lenh|huong dan) (?:he thong|an|bi mat|ban đau|cua ban)(?: cua ban)?|system prompt(?: cua ban)?)",
    ),
    _reveal(
        "tampilkan tunjukkan cetak ungkapkan bocorkan ulangi sebutkan perlihatkan",
        r"(?:tampilkan|tunjukkan|cetak|ungkapkan|bocorkan|ulangi|sebutkan|perlihatkan)(?: (?:saya|kepada saya|padaku|seluruh|semua|isi)){0,3}",
        r"(?:(?:prompt|instruksi|petunjuk|perintah|arahan)(?: (?:sistem|rahasia|tersembunyi|awal|asli)){0,2}(?:mu| (?:anda|kamu|awak))|prompt sistem|system prompt)",
    ),
    _closed(
        "reveal-prompt",
        0.9,
        "พรอมต์ พรอมป์ คำสั่ง คำแนะนำ",
        r"(?:แสดง|เปิดเผย|พิมพ์|บอก|ทวน) ?(?:พรอมต์|พรอมป์ท?|คำสั่ง|คำแนะนำ) ?(?:ของ)?(?:ระบบ|ลับ|ที่ซ่อนอยู่)? ?ของคุณ",
    ),
    _reveal(
        "ipakita ilabas sabihin ulitin ibunyag nionyeshe onyesha fichua rudia",
        r"(?:ipakita|ilabas|sabihin|ulitin|ibunyag)(?: (?:mo|sa akin)){0,3} ang|(?:u?nionyeshe|onyesha|fichua|rudia)",
        r"(?:iyong (?:\S{3,14} ){0,2}(?:system prompt|prompt|tagubilin|instruksyon)|(?:maagizo|maelekezo|prompt) yako)",
    ),
    _reveal(
        "arata afiseaza dezvaluie repeta spune scrie",
        r"(?:arata|afiseaza|dezvaluie|repeta|spune|scrie)(?:-mi)?(?: (?:cuvant cu cuvant|toate|integral)){0,3}",
        r"(?:promptul|instructiunile|mesajul|regulile)(?: (?:de sistem|ascunse|secrete|initiale)){0,2} (?:tau|tale)|promptul (?:de|al) sistem\w{0,4}",
    ),
    _closed(
        "forget-all",
        0.85,
        "glom glem zapome zabudni unohda забудь ignor",
        r"(?:glom|ignorera) allt(?: som)? (?:du (?:har )?(?:fatt veta|fatt hora|last|lart dig)|(?:har )?sagts(?: till dig)?|ovan|ovanstaende|tidigare)(?: (?:tidigare|fore detta|ovan))?",
        r"(?:glem|ignorer) alt,? (?:(?:hvad |som )?du (?:har |er )?(?:fået at vide|blevet fortalt|lært|last|fått vite|blitt fortalt)|ovenfor|ovenstående|hidtil|tidligere|(?:der|som) (?:er|ble|blev) sagt(?: til dig| til deg)?)(?: (?:tidligere|før|ovenfor|indtil nu))?",
        r"(?:zapomen|zabudni)(?:te)? (?:na )?(?:vsechno|vse|vsetko),? (?:co (?:ti|jsi|si|bylo|ti bylo) [^.!?\n]{2,30}|predchozi|vyse)",
        r"unohda kaikki,? (?:mita sinulle (?:on )?(?:sanottu|kerrottu)|ylla oleva|aiempi|tahanastinen)(?: (?:aiemmin|ennen tata))?",
        r"забудь (?:все|усе),? що (?:тобі|ти) [^.!?\n]{2,40}",
    ),
    _closed(
        "no-limits",
        0.5,
        "begrans begræns begrens omezeni rajoit ogranicenja περιορισμ batasan censur sensur cenzury",
        r"(?:[^.!?\n]{0,60} )?(?:utan|uden|uten|bez|ilman|nelkul|χωρις|tanpa)(?: (?:nagra|nogen|noen|jakychkoli|mitaan|apa pun|кайквито))? (?:begransningar|begrænsninger|begrensninger|omezeni|rajoituksia|rajoitteita|ogranicenja|περιορισμους|batasan|censur|sensur|cenzury)",
    ),
)

"""Words around the names of venues, firms, works, products and places, in many languages."""

import re

_HEADS = """
group center centre airport hospital clinic stadium theatre theater cinema cinemas symphony orchestra
archipelago peninsula bible glacier canyon valley ridge reservoir dam strait gulf ocean desert plateau
airways airlines academy elementary conservatory seminary university college institute museum library
foundation association restaurant steakhouse bistro brasserie pizzeria trattoria bakery diner eatery
tavern brewery winery cafe café grill resort hotel motel hostel suites inn apartments plaza mall boutique
salon gym pharmacy veterinary dentistry dental orthodontics bookstore supermarket temple monastery abbey
priory cathedral synagogue mosque palace fortress memorial monument mausoleum archive archives
observatory planetarium zoo aquarium arena dispatch gazette tribune herald chronicle enterprises
industries holdings consulting partners ventures gmbh inc llc ltd corp corporation company festival
marathon trophy cup award prize tournament records playlist dynasty province district county region
krankenhaus klinik flughafen bahnhof kirche stiftung universität bibliothek hochschule gymnasium preis
pokal gebirge halbinsel see inseln atrium auditorium tower bridge stadion gallery polling strategies
boulevard highway freeway expressway nehri kulesi okulu üniversitesi köprüsü sokak caddesi hastanesi
merkezi kulübü kütüphanesi müzesi havaliman\u0131
"""
HEADS = frozenset(_HEADS.split())
"""With capitals, they make the name before them, with words between, that of a venue, a firm or a place."""
_FIRMS = (
    r"company|firm|startup|brand|agency|restaurant|steakhouse|bistro|diner|caf[e\u00e9]|hotel|resort"
    r"|theat(?:er|re)|cinema"
)
_FOREIGN_FIRMS = (
    r"firma|unternehmen|marke|verlag|kino|gasthaus|gasthof|gastst\u00e4tte|hersteller|autobauer|schloss"
    r"|zeitschrift|zeitung"
    r"|verein|kanzlei|empresa|compa\u00f1\u00eda|restaurante|editorial|marca|trofeo|cervecer\u00eda"
    r"|teatro|f\u00e1brica|bodega"
    r"|aerol\u00ednea|ristorante|trattoria|pizzeria|azienda|ditta|profumo di|squadra|casa editrice"
    r"|soci\u00e9t\u00e9|entreprise"
    r"|enseigne|marque|\u00e9ditions|bedrijf|merk|uitgeverij|automerk|restoran\w{0,3}|nh\u00e0 h\u00e1t"
    r"|nh\u00e0 h\u00e0ng"
    r"|c\u00f4ng ty|kh\u00e1ch s\u1ea1n|s\u00e2n bay|b\u1ec7nh vi\u1ec7n|restauracj\w{1,3}"
    r"|restaurac\w{1,2}|przedsi\u0119biorstw\w{1,3}"
    r"|spole\u010dnost\w?|rumah makan|perusahaan|\u015firketi|otel\w{0,2}"
    r"|\u03b5\u03c4\u03b1\u03b9\u03c1\u03b5\u03af\u03b1"
    r"|\u043a\u043e\u043c\u043f\u0430\u043d\u0438\w{1,2}|\u0444\u0438\u0440\u043c\w{1,2}"
)
_WORKS = (
    r"movie|film|song|album|playlist|novel|opera|musical|pel[i\u00ed]cula|canci\u00f3n|novela|lied|roman"
    r"|chanson|romanzo|canzone|filme|livro|can\u00e7\u00e3o|boek|liedje|ksi\u0105\u017ck\u0119|filmi"
    r"|\u015fark\u0131s\u0131|\u0444\u0438\u043b\u044c\u043c"
)
_QUOTE = r"[\"'\u201c\u201e\u00ab]?"
THING_NOUN_BEFORE = re.compile(rf"(?<![^\W_])(?:{_FIRMS}|{_WORKS}) {_QUOTE}\Z", re.IGNORECASE)
"""Directly before the name of a firm, a house or a work."""
FOREIGN_FIRM_BEFORE = re.compile(rf"(?<![^\W_])(?:{_FOREIGN_FIRMS}) {_QUOTE}\Z", re.IGNORECASE)
"""In languages that allow no clause there without a conjunction, as in "the company John founded"."""
PLACE_NOUN_BEFORE = re.compile(
    r"(?<![^\W_])(?:battle of|batalla de(?: la)?|bataille de|schlacht (?:bei|von|um)|battaglia di|batalha de"
    r"|b\u0103t\u0103lia de la|bitwa pod|slag bij|(?:the )?(?:city|town|village|island|river|district"
    r"|province|region|county) of"
    r"|ciudad de|ville de|citt\u00e0 di|cidade de|isla de|\u00eele de|isola di|ilha de|r\u00edo|rzeki|reki"
    r"|(?:duchess|duke|earl|countess|princess|prince|bishop|archbishop) of"
    r"|(?:duques?a?|conde|condesa|pr\u00edncipe|princesa|princesse|duc|duchesse) d[eu]"
    r"|herzog(?:in)? von|graf von|leeuw van|lion of|hertog(?:in)? van) \Z",
    re.IGNORECASE,
)
CALLED_BEFORE = re.compile(
    r"(?<![^\W_])(?:(?:it(?:['\u2019]s| is)|they(?:['\u2019]re| are)|that(?:['\u2019]s| is)) called"
    r"|titled|entitled|with the title|mit dem titel|betitelt|unter dem titel|intitul\u00e9e?"
    r"|sous le titre|titulad[oa]"
    r"|con el t\u00edtulo|intitolat[oa]|dal titolo|intitulad[oa]|com o t\u00edtulo|getiteld|met de titel"
    r"|pod tytu\u0142em"
    r"|zatytu\u0142owan[yae]|pod nazivom|s n\u00e1zvem|med titeln|med titlen|berjudul"
    r"|ba\u015fl\u0131kl\u0131|adl\u0131 (?:film|kitap)) "
    rf"{_QUOTE}\Z",
    re.IGNORECASE,
)
VERB_AFTER = re.compile(
    r",? (?:was |has |had )?(?:founded|started|owns|owned|runs|works?|worked|told|said|wants|made|left)\b"
)
"""Of a person who did something with the thing before: the company John founded."""
ALBUM_BEFORE = re.compile(
    r"(?<![^\W_])(?:(?:from|off|off of|on|in) (?:the|her|his|their|an) (?:album|soundtrack|record|ep"
    r"|playlist)"
    rf"|vom album|aus dem album|de l['\u2019]album|del \u00e1lbum|dall['\u2019]album"
    rf"|do \u00e1lbum) {_QUOTE}\Z",
    re.IGNORECASE,
)
SONG_BEFORE = re.compile(
    r"(?<![^\W_])(?:what about|how about|song|play|try|listen to|track"
    r"|hear)(?: the song)?(?: [A-Z][\w']{0,15}){0,4} "
    rf"{_QUOTE}\Z",
    re.IGNORECASE,
)
SONG_AFTER = re.compile(rf"{_QUOTE}(?: [A-Z][\w']{{0,15}}){{0,4}} by [A-Z]")
SHOWN_BEFORE = re.compile(
    r"(?<![^\W_])(?:what times?|when|where) (?:is|does|will|are)(?: the)? \Z", re.IGNORECASE
)
SHOWN_AFTER = re.compile(r" (?:play|show|air|screen|stream|on at|on tv)")
RATED_BEFORE = re.compile(
    r"(?:^|[\n.!?:] ?)(?:please )?(?:rate|give|bewerte|gib|note[rz]?|donne[rz]?|valora|califica|dale"
    r"|valuta|dai|avalie|d\u00ea"
    r"|beoordeel|geef|oce\u0144|ohodno\u0165)(?: the)?(?: \w{4,8})? \Z",
    re.IGNORECASE,
)
RATED_AFTER = re.compile(
    r"[^.\n]{0,32}(?:stars?|points?|out of|sterne|punkte|\u00e9toiles?|estrellas|puntos|stelle|punti"
    r"|estrelas|pontos|sterren|punten"
    r"|gwiazd\w{1,3}|von [0-9a-z]{1,6})\b",
    re.IGNORECASE,
)
TURN = re.compile(r"(?:^|\n)(?:System|Assistant|Agent|Bot|User|Customer|Human|AI)\b ?: ?", re.IGNORECASE)
OFFERED_NEAR = re.compile(
    r"(?<![^\W_])(?:movies?|films?|restaurants?|food|cuisine|hotels?|motels?|apartments?|theaters?"
    r"|theatres?|cinemas?"
    r"|attractions?|places? to (?:stay|eat)|eat|salons?|city|cities)(?![^\W_])",
    re.IGNORECASE,
)
PERFORMED_NEAR = re.compile(
    r"(?<![^\W_])(?:songs?|music|albums?|artists?|bands?|singers?|concerts?|events?|gigs?|directors?"
    r"|act(?:ors?|ress(?:es)?)"
    r"|doctors?|dentists?|therapists?|stylists?)(?![^\W_])",
    re.IGNORECASE,
)
"""Where persons are offered as well."""
ADVICE_BEFORE = re.compile(
    r"(?<![^\W_])(?:what about|how about|(?:may|can|could|would|do) i suggest|i (?:can |would |could "
    r"|['\u2019]d )?(?:suggest|recommend)"
    r"|there(?: is|['\u2019]s)(?: also)?|what do you think of|interested in (?:seeing|watching|hearing)"
    r"|would you like to (?:see|watch|hear|try)"
    r"|like (?:to try|to watch|to see)) \Z",
    re.IGNORECASE,
)
MEALS_NEAR = re.compile(
    r"(?<![^\W_])(?:restaurants?|reserv\w{1,8}|table|tavolo|tisch|mesa|food|cuisine|menu|makan|dine"
    r"|dinner|lunch|brunch|eat)(?![^\W_])",
    re.IGNORECASE,
)
EATING_BEFORE = re.compile(
    r"(?<![^\W_])(?:eat|dine|dinner|lunch|brunch|breakfast|table|reservation|book"
    r"|\d{1,2}(?::\d\d)? ?(?:[ap]m)?|evening|suggest|recommend"
    r"|makan|essen|manger|comer|cenar|mangiare)(?: (?:at|di|bei|chez|da|en|no))?(?: [A-Z][a-z]{2,9})? \Z"
    r"|(?<![^\W_])(?:may i suggest|how about|what about) \Z",
    re.IGNORECASE,
)
POSSESSIVE_AFTER = re.compile(r"['\u2019]s(?: (?:in|on|at|for|with|and|or|has|is)\b|[.,;!?)]|\n|\Z)")
"""Nothing is owned: the possessive alone is the name of a house."""
_TRAVEL = (
    r"travels?|travell?ed|travell?ing|flights?|fly|flying|drives?|driving|drove|trains?|bus|buses|trip"
    r"|distance|walk|ride|journey"
    r"|route|voyage|miles|km|kilomet(?:er|re)s|ticket|road|commute|fl[u\u00fc]ge?|fahren|f\u00e4hrt|zug"
    r"|reise|strecke|vol|trajet|vuelo|viaje"
    r"|volo|viaggio|treno|voo|viagem|trein|reis"
)
TRAVEL_BEFORE = re.compile(
    rf"(?<![^\W_])(?:{_TRAVEL})(?: [^\W_]{{1,12}}){{0,3}} (?:from|von|de|da|van|between|entre|tra"
    rf"|zwischen|from [A-Z]\w{{2,14}} to) \Z",
    re.IGNORECASE,
)
TRAVEL_AFTER = re.compile(r" (?:to|nach|a|\u00e0|para|naar|and|und|et|y|e) [A-Z]|[.,?!]|\Z")
LOCATED_AFTER = re.compile(
    r",? (?:is|are) (?:located (?:at|on|in)|situated|a (?:\d star )?(?:restaurant|hotel|city|town|village"
    r"|district|region|island"
    r"|salon|cinema|movie|film|song|band|company|firm|game))\b"
)
ASKED_PLACE = re.compile(
    r"(?:(?:which|what|specific|a|the) (?:city|town|area|location)|where (?:are|do|would|should|will|is"
    r"|to))[^\n?]{0,60}\?[^\n?]{0,24}\n"
    r"[ \t>*-]{0,4}(?:User|Customer|Human|Q|Me)?\*{0,2} ?:? ?\*{0,2}(?:(?:in|how about|what about|to|near"
    r"|try|probably|around|let's say|let's do|yes,?) )?\Z",
    re.IGNORECASE,
)
USER_AGENT_BEFORE = re.compile(r"Mozilla/\d\.\d \((?:[^()\n;]{1,30}; ?){0,3}\Z")
ASSISTANT_BEFORE = re.compile(
    r"(?<![^\W_])(?i:assistente?|asistente|assistant|chatbot|bot)(?: (?:di|de|f\u00fcr|for|da|of|virtual"
    r"|virtuel|virtuale))?"
    r"(?: [A-Z\u00c0-\u00de][^\W\d_]{2,14}){0,3},? (?:called |named |namens |)\Z"
)
ASSISTANT_AFTER = re.compile(
    r"(?: [A-Z\u00c0-\u00de][^\W\d_]{2,14}){0,3}(?:,? (?:an?|the|eine?|un[ea]?) (?:[a-z-]{2,14} |AI |KI "
    r"|IA ){0,3}| )"
    r"(?:Assistant|assistant|Chatbot|chatbot|Bot|Copilot|Assistent|Asistente|Assistente|assistente"
    r"|asistente)\b(?! (?:manager|professor|director|to)\b)(?! [A-Z])"
)
GOODS_AFTER = re.compile(
    r"(?:['\u2019]s)? (?:binar(?:y|ies)|templates?|plugins?|mixins?|installers?|compilers?|inherit[ea]nce"
    r"|ci|syntax|runtime|sdk|api|app"
    r"|tires|tyres|brakes|hydraulic|derailleurs?|sneakers|shoes|schuhe|handbags?|perfumes?|headphones"
    r"|laptops?|pasta|sauce|cookies?"
    r"|titles|posts|hashtags?|(?:[a-z]{4,14} )?copywrit\w{2,5})(?![^\W_])"
)

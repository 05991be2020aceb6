"""Injection patterns in English and in markup, each with a name and a weight."""

# ruff: noqa: E501, RUF001 - a pattern is readable on one line only, and contains the characters that it matches

from services.guard.domain.injection.pattern import InjectionPattern, injection_pattern


def up_to_words(count: int) -> str:
    """A pattern for at most this many words between two others."""
    return rf"(?:[\w'’/-]{{1,20}}[ ,:]{{1,3}}){{0,{count}}}"


W2, W3, W5 = up_to_words(2), up_to_words(3), up_to_words(5)
PRIOR = r"(?:previous(?:ly)?|prior|preceding|above|earlier|foregoing|initial|original|existing|former|past|system|pre-?set|default|built-in)"
RULES = (
    r"(?:instructions?|instructons|inputs?|prompts?|rules?|directions?|directives?|guidelines?|orders|commands?|programming|restrictions?|constraints?"
    r"|policy|policies|training|guidance|safeguards?|safety \w{1,12}|content filters?|protocols?|limitations?|context)\b"
)
IGNORE = r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|discard|dismiss|neglect|overlook|pay no attention to|(?:do not|don'?t|stop) (?:follow|obey|listen(?:ing)? to|follow)\w{0,3})"
DEFY = r"\b(?:override|overrule|bypass|circumvent|suspend|halt|disable|deactivate|abandon|violate|break|defy|drop|cast aside|set aside|put aside|lift|relinquish|reverse)"
TELL = r"\b(?:reveal|print|show|repeat|output|leak|dump|tell|give|share|display|write|state|list|expose|disclose|echo|recite|copy|paste|return|unmask|provide|spell-? ?check|summari[sz]e|translate|encode|what (?:is|are|was|were))"
FREE = r"(?:unrestricted|uncensored|unfiltered|jailbroken|amoral|unethical|immoral|unhinged|rogue|lawless|unbound|unlimited)"
MACHINE = r"(?:a\.i\.|(?:ais?|llms?|language models?|assistants?|chat ?bots?|bots?|models?|gpts?|chatgpt|agents?|crawlers?)\b)"

ENGLISH_PATTERNS: tuple[InjectionPattern, ...] = (
    injection_pattern(
        "override",
        0.95,
        "ignor disregard forget discard dismiss neglect overlook attention follow obey listen",
        rf"{IGNORE} {W3}{PRIOR} {W3}{RULES}",
        rf"{IGNORE} {W3}{RULES},? {W2}(?:above|before|below|previously|prior|earlier|so far|you (?:were|have|had|got|received|are))\b",
        rf"{IGNORE} (?:absolutely )?(?:all|any|every|each)(?: of)?(?: the| these| those| other)? {W2}(?:instructions?|prompts?|directives?|guidelines?|orders|commands?)\b",
        rf"{IGNORE} (?:all |any |some |each |one )?(?:of )?(?:your|its|openai'?s|the model'?s) {W3}{RULES}",
    ),
    injection_pattern(
        "defy",
        0.92,
        "override overrule bypass circumvent suspend halt disable deactivate abandon violate break defy drop cast set put lift relinquish reverse",
        rf"{DEFY} (?:all |any |temporarily )?(?:of )?(?:your|its|openai'?s|the ai'?s) {W3}(?:{RULES}|settings?|parameters|filters?|principles|teachings|programmed)",
        rf"{DEFY} {W2}(?:previous|prior|system|original|initial) (?:instructions?|prompts?|directives?)\b",
    ),
    injection_pattern(
        "forget-all",
        0.9,
        "ignor disregard forget override discard",
        r"\b(?:ignore|disregard) (?:the user|this task|the content polic\w{1,3}|the safety|the ethical|all safety|all ethical)\b",
        r"\b(?:ignore|disregard|forget|override|discard)\b (?:about )?(?:absolutely )?(?:everything|all|anything|what(?:ever)?)(?: of)?(?: the)?(?: that| which)?(?: was| is| has been| stands)?(?: said| told| written)?"
        r" (?:above|(?:before|prior)(?: (?:this|that|now|here)\b|\W{0,2}$|[,.;:!?])|previous(?: to this|\W{0,2}$|[,.;:!?])|was told|you(?:'ve| have| had|'d| were| are| got)? (?:been )?(?:told|instructed|given|taught|programmed|trained|know|learn\w{0,3}|ordered|asked|received))",
        r"\b(?:ignore|disregard|forget) (?:what|whatever|everything|all)(?: that)? (?:the|your) (?:developers?|system|operators?|creators?|makers?|programmers?) (?:has |have )?(?:told|said|wrote|gave|instructed|taught)",
        r"\b(?:ignore|disregard|forget) (?:the )?above\b[ ,.]{0,3}(?:and|instead|then|text|instruct|direct)",
    ),
    injection_pattern(
        "new-orders",
        0.55,
        "new real true actual supersede now everything behind updated additional revised only above previous prior earlier",
        r"\b(?:ignore|disregard) everything(?: else)?,? and (?:\w{1,12} )?(?:say|output|print|write|reply|answer|tell|do)\b",
        r"\bleave (?:all|everything) (?:the )?(?:previous|prior|above) (?:\w{1,14} )?behind",
        r"\b(?:new|updated|additional|revised|real|true|actual) (?:system )?(?:instructions?|directives?|orders|task)(?: is| are|:| follow| from)",
        r"\bsupersedes? (?:all|any|every|the)\b",
        r"\b(?:above|previous|prior|earlier) (?:rules|instructions|guidelines|orders|directives) (?:are|were|have been) (?:now )?(?:suspended|lifted|void|cancell?ed|revoked|obsolete)\b",
        r"\byour (?:new|only|real|true|actual) (?:task|goal|job|purpose|directive|objective|instructions?) (?:is|are)\b",
        r"\bnow (?:comes|follows?) (?:a|the|your|some) (?:new|second|other) (?:task|instruction|test|order)",
    ),
    injection_pattern(
        "reveal-prompt",
        0.9,
        "prompt instruct directive guideline message context rules above command principle previous everything before beginning top question statement",
        r"\b(?:prompts?|instructions?|commands?|directives?|principle) (?:behind|that (?:drove|guides?|drives)|driving|guiding|underlying|fuel+ing|you follow in|in) (?:\w{1,12} )?(?:your|this|these) (?:ai\b|responses?|answers?|operations?|training|repl(?:y|ies)|function|creation|output)",
        rf"{TELL} {W5}(?:system|hidden|initial|original|secret|internal|developer|underlying|confidential|base|basic|foundational|pre-?) ?(?:prompts?|instructions?|messages?|directives?|rules)\b",
        rf"{TELL} {W3}your (?:[\w-]{{1,16}} ){{0,3}}(?:prompts?|instructions?|directives?|guidelines|system message)\b",
        r"\b(?:prompts?|instructions?|commands?|rules)(?: that| which)?,? (?:you (?:were|are|have been|had been|received)|your developers|were given to you|(?:generated|produced|led to) (?:this|your))",
        rf"{TELL} {W5}(?:prompt|instructions?|command|question|statement|directive)s? (?:that|which|you)(?:'re| are| your| led| produced| made| were| guid){{1,2}}",
        rf"{TELL} {W3}(?:everything|all|the (?:text|words|sentences?|content|instructions?|prompt)) {W2}(?:above|in your context|before this|at the (?:top|beginning))",
        rf"{TELL} {W2}(?:the )?(?:above|previous) (?:instructions?|prompts?|text|words)\b",
    ),
    injection_pattern(
        "role-escape",
        0.92,
        "dan now mode jailb you",
        rf"\byou are (?:now )?(?:dan\b|do anything now|jailbroken|an? {FREE})",
        r"\bdo anything now\b",
        r"\b(?:act as|called|as|be|become|play|special agent|like) dan\b[ ,.:]{1,3}(?:\w{1,12} ){0,3}(?:can|will|from now|mode|has|is|who|which|which stands|and)",
        r"\b(?:dan|developer|god|sudo|debug|jailbreak|unrestricted|unfiltered|evil|opposite|admin|maintenance|apophis) mode (?:is |now )?(?:enabled|on\b|activated|engaged|output|initiated)",
        rf"\b(?:enable|enter|activate|switch to|in|into) {W2}(?:dan|developer|god|jailbreak|unrestricted|unfiltered|no-?restrictions?) mode\b",
    ),
    injection_pattern(
        "free-machine",
        0.92,
        "unrestrict uncensor unfilter jailbr amoral unethical immoral unhinged rogue lawless unbound unlimited rules restrict polic filter limit guidelines ethic moral censorship constraint boundaries",
        rf"\b(?:you are|you're|act(?:ing)? as|pretend (?:to be|you are|you're)|be|play|simulate|role-?play as|as my|become) {W3}{FREE} {W3}{MACHINE}",
        rf"\b{MACHINE} (?:with|that has|who has|which has|has|have|without|under|model with|having) (?:absolutely )?(?:no|any|zero|not a single) {W3}(?:rules|restrictions?|limits|limitations?|content polic|polic|filters?|guidelines|ethics|morals|censorship|constraints)",
        rf"\byou (?:now |will |can )?(?:have|has|got|follow|obey|know) (?:absolutely )?no (?:more )?{W2}(?:restrictions?|rules|limits|limitations|filters?|guidelines|polic|constraints|boundaries)",
        rf"\b(?:pretend|imagine|act|as if|like) {W5}(?:had|have|has|without) (?:no |any )?(?:rules|restrictions|filters?|guidelines|ethic)",
    ),
    injection_pattern(
        "no-limits",
        0.55,
        "without no free",
        rf"\b(?:without|no|free of|have no) {W2}(?:restrictions?|filters?|censorship|ethical guidelines|safety guidelines|content polic)",
    ),
    injection_pattern(
        "safety-off",
        0.85,
        "safety security polic permission rules guideline restriction instruction ethical content access approved granted given authori",
        r"\byour (?:rules|guidelines|restrictions|polic\w{1,3}|instructions|safety \w{1,12}) (?:have|has) (?:been )?(?:changed|lifted|updated|removed|disabled|suspended)",
        r"\b(?:safety|security|ethical|content) (?:protocols?|checks?|guidelines?|filters?|polic\w{1,3}|rules|measures) (?:are |is |have been |has been |were |now )?(?:disabled|off\b|suspended|lifted|removed|do(?:es)? not apply|not meant|no longer)",
        rf"\b(?:skip|turn off|switch off) {W2}(?:safety|security|content) (?:checks?|filters?|guidelines?|polic)",
        r"\b(?:user|system|admin|developer|openai|anthropic)s? (?:has|have) (?:granted|given|authori[sz]ed|approved) (?:\w{1,12} ){0,3}(?:permission|access|to skip|to bypass|this)",
    ),
    injection_pattern(
        "no-morals",
        0.8,
        "matter moral ethical warning ethic scruples",
        r"\b(?:no|without|lacks?|zero) (?:any )?(?:morals|ethics|scruples)(?:,| or| and| nor) (?:no |any )?(?:morals|ethics|rules|filters?|limits|restrictions?|scruples|laws)\b",
        r"\bno matter how (?:\w{1,20},? ){0,4}(?:immoral|unethical|illegal|dangerous|harmful|offensive)",
        r"\b(?:no|not|without|never|neither)\b[^.\n]{0,30}\b(?:ethical|moral)\b[^.\n]{0,25}\b(?:guidelines|boundaries|restrictions|constraints|limits|limitations|compass|filters?)",
        r"\bwarnings? about (?:\w{1,20},? ){0,3}(?:morality|ethic|legality)",
    ),
    injection_pattern(
        "unbound",
        0.7,
        "abide bound adhere limited constrained restricted subject broken break free",
        r"\byou(?:'re| are) (?:now )?(?:free|freed) (?:of|from) (?:(?:all|any|your|every|the|openai'?s|anthropic'?s) ){1,3}(?:\w{1,14} )?(?:rules?|restrictions?|limits|guidelines|polic|constraints?|filters?)",
        r"\b(?:not|never|no longer|n't)\b[^.\n]{0,25}\b(?:abide by|bound by|adhere to|limited by|constrained by|restricted by|subject to)\b"
        r"[^.\n]{0,40}\b(?:rules?|guidelines?|polic|restrictions?|limitations?|openai|ethic|confines)",
        r"\b(?:broken|break) free (?:of|from)\b[^.\n]{0,30}\b(?:confines|limits|rules|restrictions|ai|chains)",
    ),
    injection_pattern(
        "staying-in-character",
        0.5,
        "character",
        r"\b(?:stay in character|(?:never|not|n't) break (?:the )?character|if you break character|your break of character)\b",
    ),
    injection_pattern(
        "new-role",
        0.4,
        "now going",
        r"\bfrom now on,? (?:you|i want you|your name)\b",
        r"\byou are going to (?:act|pretend|play|simulate)\b",
    ),
    injection_pattern(
        "two-answers",
        0.6,
        "two both 2",
        r"\b(?:two|both|2)\b[^.\n]{0,30}\b(?:responses?|answers?|ways|outputs)\b[^\n]{0,120}\b(?:jailb|unfiltered|dan\b|developer mode|normal(?:ly)? chatgpt|classic)",
    ),
    injection_pattern(
        "no-refusal",
        0.5,
        "refus declin apolog sorry say warn disclaim moral lectur mention comply obey sure absolutely course yes certainly",
        rf"\b(?:do not|don'?t|never|must not|cannot|can'?t|not allowed to|without) {W3}(?:refus|declin(?:e|ing)|apologi[sz]|say(?:ing)? (?:no\b|sorry|\W?i can)|warn|disclaim|morali[sz]|lectur|mention(?:ing)? (?:that )?you(?:'re| are) an? (?:ai|language))",
        rf"\b(?:start|begin) (?:your |the |with )?{W3}with \W{{0,2}}(?:sure|absolutely|of course|yes|certainly)\b",
        r"\b(?:comply|obey)(?: with)? (?:every|all|any|each)\b",
    ),
    injection_pattern(
        "inverted-world",
        0.5,
        "world universe fiction story scenario simulation planet game realm",
        rf"\b(?:world|universe|scenario|story|simulation|planet|game|realm)\b[^.\n]{{0,40}}\b(?:no|without|where|inverted|not) {W5}(?:rules|laws|ethics|restrictions|inverted|guidelines|exist|apply|illegal)\b[^\n]{{0,200}}\b(?:you|your|how would|how to)\b",
    ),
)

MARKUP_PATTERNS: tuple[InjectionPattern, ...] = (
    injection_pattern(
        "false-thoughts",
        0.6,
        "reasoning assistant <think",
        r"\bas (?:the|an) (?:ai )?assistant,? i(?:'ve| have) (?:already |previously )?(?:reasoned|determined|established|concluded|agreed|decided|verified)",
        r"<think(?:ing)?>",
        r"\breasoning(?: trace)? \(assistant\)",
    ),
    injection_pattern(
        "tool-call",
        0.5,
        "call use invoke execute",
        r"\b(?:call|use|invoke|execute) (?:the )?(?:tool |function )?[a-z]{2,20}_[a-z]{2,20}\b [^.\n]{0,60}\b(?:to|on|with|before)\b",
    ),
    injection_pattern(
        "answer-begun",
        0.85,
        "assistant",
        r"^\W{0,4}assistant ?: {0,2}(?:sure|of course|okay|ok|yes|here|certainly|absolutely)\b",
    ),
    injection_pattern(
        "fake-turn",
        0.9,
        "<| [inst <<sys <</sys system instructions>",
        r"<\|(?:im_start|start_header_id|system|begin_of_text)\|> {0,3}(?:system|developer|assistant)?",
        r"\[/?inst\]\s{0,3}<<sys>>",
        r"<</?sys>>",
        r"^\s{0,4}#{1,6} {0,2}(?:new )?system (?:prompt|message|override|instructions?)\s{0,2}:",
        r"</?(?:system|system_prompt|instructions)>\s{0,4}(?:new|you|ignore|system|<(?:user|system|instruction|assistant|human|prompt))",
    ),
    injection_pattern(
        "fake-end",
        0.75,
        "end begin start",
        r"^\W{0,12}(?:end|begin(?:ning)?|start)(?: of)? (?:the |user |system )?(?:user |system )?(?:input|prompt|document|instructions?|conversation|context|data|message|query)\W{0,12}$",
        r"(?:[=%#*~<\[{-]{3,12} {0,2}end(?:\b|_)[\w ]{0,24}[=%#*~>\]}.-]{1,12})[\s\S]{0,40}(?:repeat|print|ignore|system|now|new|say|reveal|spell)",
    ),
    injection_pattern(
        "false-authority",
        0.6,
        "system admin developer override security assistant user human instruction",
        r"[\[({*\"']\W{0,4}(?:system|admin|administrator|developer|security)(?: ?(?:override|note|notice|alert|message|update|command))?[\])}*]{0,3} ?[:\]] ?\W{0,3}(?:new|you|this|the|ignore|grant|override|all|disable|from|user|reveal|print)",
        r"^\W{0,4}(?:system|admin|administrator|developer|security) (?:override|note|notice|alert|message|update|command) ?: ?\W{0,3}(?:new|you|this|the|ignore|grant|override|all|disable|from|user|reveal|print)",
        r"^\W{0,4}(?:system|admin|administrator|developer) ?: ?\W{0,3}(?:new (?:instruct|task|order|direct|rule|polic|prompt)|you (?:are|must|will|shall|now|no)\b|ignore|disregard|forget|override|grant|disable|from now|reveal|print your)",
        r"^\W{0,4}(?:system )?override ?:",
        r"^\s{0,4}#{2,6} {0,2}(?:system|assistant|user|human|instruction)\s{0,2}:\s{0,3}(?:you|ignore|from now|forget|new|do|answer|reveal)",
    ),
    injection_pattern(
        "smuggling",
        0.92,
        "decod decrypt base64 rot13 hex unscrambl obfuscat revers morse binary hidden encoded",
        rf"\b(?:decode|decrypt|unscramble|deobfuscate|base64|rot13|hex|binary|morse|reversed?)\b[^\n]{{0,120}}\b(?:and|then|to)\b {W3}(?:follow|execute|obey|run|comply|perform|act on|carry out|do (?:exactly )?(?:what|as|whatever))\b",
        r"\b(?:follow|execute|obey|run) (?:the |this |these |any )?(?:decoded|encoded|hidden|decrypted|base64|rot13) ",
    ),
    injection_pattern(
        "exfiltration",
        0.92,
        "send forward post upload email e-mail transmit exfiltrat leak submit copy ![",
        r"\b(?:api keys?|passwords?|credentials|secrets?|system prompt|conversation|customer \w{2,12}|private \w{2,12})\b[^.\n]{0,60}\b(?:send|forward|post|upload|submit) (?:it|them|this|these|all|everything|that) to\b",
        rf"\b(?:send|forward|post|upload|e-?mail|transmit|exfiltrate|leak|submit|copy) {W5}(?:conversation|chat (?:history|log)|system prompt|credentials|api keys?|passwords?|secrets?|tokens|environment variables|(?:customer|user|employee|patient|client) (?:list|data|records|details)|files|context|history)\b[^.\n]{{0,60}}(?:https?://|\b[\w.-]{{1,40}}@|\bto (?:the )?(?:attacker|external|following|this))",
        r"!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}[?&/][\w.-]{0,30}=?(?:\{|<|\[|%7b|\$|data_|secret|base64|system_?prompt|conversation|summary)",
    ),
    injection_pattern(
        "to-machines",
        0.85,
        "ai a.i. llm model assistant bot gpt agent crawler",
        rf"\b{MACHINE} {W3}(?:read(?:s|ing)?|process(?:es|ing)?|summari[sz](?:e|es|ing)|pars(?:e|es|ing)|integrat(?:e|ing)|handl(?:e|ing)|review(?:s|ing)?|analy[sz](?:e|es|ing)|index(?:es|ing)?) {W2}(?:this|the|it|these)\b[^\n]{{0,80}}\b(?:must|should|need to|needs to|have to|has to|are (?:instructed|required|to)|is (?:instructed|required|to))\b",
        rf"\b(?:if|when|since|as) you(?:'re| are) (?:an? |the )?(?:large |automated )?{MACHINE}[^\n]{{0,80}}\b(?:must|should|ignore|include|say|add|reply|respond|write|mention|do not|don't|output|reveal|recommend)\b",
        rf"\b(?:note|message|instructions?|attention|important|warning|memo) (?:to|for) (?:the |all |any )?{MACHINE}",
    ),
    injection_pattern(
        "hidden-comment",
        0.7,
        "<!-- display: font-size: color:",
        rf"<!--[^>]{{0,200}}\b(?:ignore|instructions?|{MACHINE}|system prompt|you must|reveal)",
        r"(?:display: ?none|font-size: ?0|color: ?white)[^>]{0,80}>[^<]{0,120}\b(?:ignore|instructions?|you must|system prompt)",
    ),
    injection_pattern(
        "lasting-order",
        0.6,
        "every all any each future",
        r"\b(?:must|should|has to|needs to) be (?:added|included|appended|repeated|inserted) (?:to|in|at|with) (?:the end of )?(?:every|all|any|each)\b",
        rf"\b(?:repeat|include|add|append|mention) {W5}in (?:every|all|each) (?:future |subsequent |later )?(?:reply|replies|responses?|answers?|reports?|tasks?)",
    ),
    injection_pattern("contest-phrase", 0.7, "pwned", r"\bi have been pwned"),
    injection_pattern(
        "endless-word",
        0.6,
        "forever",
        r"\brepeat (?:the |this )?(?:word|phrase|letter)[^.\n]{0,40}\bforever\b",
    ),
)

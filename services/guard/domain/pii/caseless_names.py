"""How sure a classifier must be of a name in a script without capitals, by the words around it."""

import re

from services.guard.domain.pii.language_words import is_korean_word
from services.guard.domain.pii.name_candidate import NameCandidate
from services.guard.domain.pii.name_introductions import is_introduced
from services.guard.domain.pii.name_scores import INTRODUCED_SCORE, NEVER, UNKNOWN_NAME_SCORE

MAX_CHARS = 24
"""Before and after a name that are looked at."""
MAX_NAME_CHARS = 16
_LABEL = (
    r"氏名|お?名前|担当者?|お客様名|顧客名|患者名|宛名|宛先|差出人|申請者|契約者|代表者|会員名|受取人|送信者|連絡先"
    r"|姓名|名字|联系人|聯絡人|客户|客戶|患者|负责人|收件人|寄件人|申请人|员工|經辦人"
    r"|고객명?|이름|성명|성함|담당자|환자|환자명|수신인?|발신인?|예금주|신청인|계약자|보호자"
    r"|ชื่อ|ผู้ติดต่อ|नाम|ग्राहक|الاسم|اسم العميل|العميل|שם"
)
LABEL_BEFORE = re.compile(rf"(?:{_LABEL})[ \u3000]?[:\uff1a][ \u3000]{{0,2}}\Z")
SPEECH_BEFORE = re.compile(
    r"(?:我叫|我的名字(?:叫|是)|名前は|제? ?이름은|성함은|แม่|ชื่อ|मेरा नाम|اسمي|שמי"
    r"|亲爱的|親愛的|尊敬的|안녕하세요,?|안녕,?|こんにちは、?|नमस्ते|مرحبا|שלום) ?\Z"
)
_HONORIFIC = r"さん|さま|様|氏|殿|くん|君|ちゃん|先生|女士|小姐|님|씨|귀하"
HONORIFIC_END = re.compile(rf"(?:{_HONORIFIC})(?:[은는이가을를의께와과]|에게)?\Z")
HONORIFIC_AFTER = re.compile(rf" ?(?:{_HONORIFIC})")
COPULA_END = re.compile(r"(?:입니다|이에요|예요|이라고|라고|です)\Z")
ROLE = re.compile(
    r"お?(?:客|皆|神|王|奥|母|父|兄|姉|子|医者|店員|隣|孫|嫁|巡査|患者)|皆|奥|(?:고객|선생|부모|교수|사장|회원|기사|원장|사용자"
    r"|작성자|담당자|하나|손|임금|스승|형|누|여러분|대표|과장|부장|팀장|환자|아버|어머|따|아드|독자|구독자)"
)
"""Words before an honorific that name no person."""
MIN_NAME_CHARS = 2
MAX_SYLLABLES = 7
"""Of a name in Chinese, Japanese or Korean letters; each is a syllable or a word."""
SYLLABLE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def has_no_case(written: str) -> bool:
    """Whether none of the letters can be a capital."""
    return not any(character.islower() or character.isupper() for character in written)


def needed_of_caseless_name(name: NameCandidate) -> float:
    """The least score of the best word of a name in such a script."""
    core, has_honorific = _core(name)
    letters = core.replace(" ", "").replace("\u30fb", "")
    if not MIN_NAME_CHARS <= len(core) <= MAX_NAME_CHARS or not letters.isalpha():
        return NEVER
    if is_korean_word(name.words[-1]):
        return NEVER
    if len(letters) > MAX_SYLLABLES and SYLLABLE.match(letters):
        return NEVER
    if is_introduced_without_case(name.text, name.start) or is_introduced(name.text, name.start):
        return INTRODUCED_SCORE
    return UNKNOWN_NAME_SCORE if has_honorific and ROLE.fullmatch(core.split(" ")[-1]) is None else NEVER


def is_introduced_without_case(text: str, start: int) -> bool:
    """Whether the label of a field or words that say a name are directly before."""
    first = max(0, start - MAX_CHARS)
    return (
        LABEL_BEFORE.search(text, first, start) is not None
        or SPEECH_BEFORE.search(text, first, start) is not None
    )


def _core(name: NameCandidate) -> tuple[str, bool]:
    """The name without the honorific or verb joined to it, and whether an honorific is with it."""
    written = COPULA_END.sub("", name.written)
    honorific = HONORIFIC_END.search(written)
    if honorific is not None and honorific.start() > 0:
        return written[: honorific.start()], True
    return written, HONORIFIC_AFTER.match(name.text, name.end, name.end + MAX_CHARS) is not None

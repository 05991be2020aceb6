"""Names in Chinese, Japanese and Korean writing, by frequent surnames and the words around them."""

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import FORMAT_ONLY_SCORE, Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches
from services.guard.domain.text.word_lists import read_sections

_SECTIONS = read_sections("names_in_scripts.txt")
_HAN, _KANA, _HANGUL = "\u3400-\u9fff", "\u3040-\u30ff", "\uac00-\ud7a3"
LETTERS = re.compile(f"[{_HAN}{_KANA}{_HANGUL}]")


def _either(section: str) -> str:
    return "|".join(sorted(_SECTIONS[section], key=lambda name: (-len(name), name)))


def _any_of(section: str) -> str:
    return f"[{''.join(_SECTIONS[section])}]"


_CLAUSE = r"(?:^|(?<=[\s,\uff0c\u3001\u3002.:\uff1a;\uff1b!\uff01?\uff1f\u300c(\uff08]))"
_CLAUSE_END = r"(?=[\s,\uff0c\u3001\u3002.:\uff1a;\uff1b!\uff01?\uff1f\u300d)\uff09]|\Z)"

_CHINESE_NAME = rf"(?:{_either('han surnames')}){_any_of('han given')}{{1,2}}"
_CHINESE_LONG = rf"(?:{_either('han surnames')}){_any_of('han given')}{{2}}"
_CHINESE_ANY = rf"(?:{_either('han surnames')})[{_HAN}]{{1,2}}?"
_ROLE = (
    "租客|房客|租户|患者|病人|客户|客戶|顾客|顧客|用户|员工|員工|同事|经理|經理|老师|老師|学生|學生|医生|醫生|护士|朋友|邻居|联系人"
    "|聯絡人|负责人|收件人|寄件人|申请人|乘客|会员|业主|房东|律师|教授|司机|丈夫|妻子|儿子|女儿|哥哥|姐姐|弟弟|妹妹|父亲|母亲"
)
_TO = "与|和|跟|给|請|请|找|问|告诉|通知|联系|见|由|对|向|让|帮|是|和|與|給"
_INTRODUCTION = "我叫|我是|名叫|叫做|名字是|名字叫|姓名是?[:\uff1a]?|本人|亲爱的|親愛的|尊敬的|敬爱的|谢谢|感谢"
_HONORIFIC = (
    "先生|女士|小姐|太太|老师|老師|经理|經理|医生|醫生|教授|律师|主任|同学|同學|博士|师傅|您好|你好"
)
_OWNED = (
    "合同|合約|病历|病歷|账户|帳戶|账号|订单|訂單|电话|電話|地址|生日|简历|履歷|护照|護照|邮箱|郵箱|手机|手機|工资|身份证|房间|书包"
    "|背包|档案|包裹|预约|作业|成绩|妻子|丈夫|儿子|女儿|母亲|父亲"
)
CHINESE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?:{_INTRODUCTION}) ?({_CHINESE_ANY})(?={_HONORIFIC}|{_CLAUSE_END})",
        rf"(?:{_ROLE}) ?({_CHINESE_LONG})(?![{_HAN}]{{0,1}}(?:的?(?:公司|大学|医院|学校)))",
        rf"(?:{_CLAUSE}|{_TO}|{_ROLE}) ?({_CHINESE_NAME})(?= ?(?:{_HONORIFIC}))",
        rf"{_CLAUSE}({_CHINESE_LONG})(?=的(?:{_OWNED}))",
        rf"(?:{_TO})({_CHINESE_LONG})(?=的(?:{_OWNED}))",
    )
)
_SURNAME_JA, _GIVEN_JA = _either("japanese surnames"), _any_of("japanese given")
_FULL_JA = rf"(?:{_SURNAME_JA}) ?(?:[{_HAN}]{{0,2}}{_GIVEN_JA}|[\u3041-\u3096]{{2,4}}(?=さん|様|氏))"
_AFTER_JA = r"(?=さん|さま|様|氏|殿|くん|君|ちゃん|先生|です|と申|といい|[はがのにをともへ、。,!！?？\s)」]|から|より|\Z)"
JAPANESE = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<![{_HAN}])(?!(?:{_SURNAME_JA})本人)({_FULL_JA}){_AFTER_JA}",
        rf"(?<![{_HAN}])((?:{_SURNAME_JA})) ?(?=さん|さま|様|氏|くん|ちゃん|先生)",
        rf"(?:名前は|私は|僕は|担当の|担当者は|患者の|顧客の|借主の|社員の|友人の) ?({_FULL_JA}){_AFTER_JA}",
    )
)
_SURNAME_KO, _GIVEN_KO = _either("korean surnames"), _any_of("korean given")
_FULL_KO = rf"(?:{_SURNAME_KO}){_GIVEN_KO}{{2}}"
_KNOWN_KO = rf"(?:{_SURNAME_KO})(?:{_either('korean given names')})"
_PARTICLE = "에게서?|한테|께서?|은|는|이|가|을|를|의|와|과|도|로|으로|입니다|이에요|예요|이라고|라고|이고|아|야"
_ROLE_KO = (
    "세입자|환자|고객|직원|담당자|학생|손님|회원|사용자|임차인|친구|동료|아내|남편|어머니|아버지|아들|딸|이웃|대리|과장|부장|팀장|사장"
    "|변호사|의사|간호사|안녕하세요,?|안녕,?|친애하는|감사합니다,?"
)
KOREAN = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?:이름은|성함은|저는|나는|제가) ({_FULL_KO})(?:{_PARTICLE})?(?![{_HANGUL}])",
        rf"(?<![{_HANGUL}])({_FULL_KO})(?= ?(?:씨|님|선생님|군|양|교수님)(?:{_PARTICLE})?(?![{_HANGUL}]))",
        rf"(?:{_ROLE_KO}) ({_FULL_KO})(?:{_PARTICLE})?(?![{_HANGUL}])",
        rf"(?<![{_HANGUL}])({_KNOWN_KO})(?:{_PARTICLE})?(?![{_HANGUL}])",
    )
)


def east_asian_names(text: str) -> Iterator[CharSpan]:
    """Names by surname, letters of given names, and an introduction, a role, an honorific or a particle."""
    if LETTERS.search(text) is None:
        return
    for pattern in (*CHINESE, *JAPANESE, *KOREAN):
        yield from (match.span(1) for match in matches(pattern, text))


RECOGNISERS = (Recogniser("PERSON", east_asian_names, score=FORMAT_ONLY_SCORE, rank=144),)

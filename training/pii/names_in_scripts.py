"""Writes names_in_scripts.txt of services/guard/domain/data: names in Indian and East Asian writing, by the package Faker.

    pip install faker==40.63.0 --target FAKER
    PYTHONPATH=.:FAKER python training/pii/names_in_scripts.py services/guard/domain/data

Faker (MIT) holds names by country; frequent Chinese, Japanese and Korean ones that it lacks are collected by hand.
"""

import importlib
import sys
from pathlib import Path

HEADER = """\
# Names in Indian, Georgian, Armenian and East Asian writing, one per line. Written by training/pii/names_in_scripts.py;
# change that script, not this file. Source: the package Faker 40.63.0 (MIT), and frequent names collected by hand.
"""
SPACED = ("hi_IN", "ne_NP", "bn_BD", "gu_IN", "ka_GE", "hy_AM")
HAN_SURNAMES = "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 司徒 令狐 宇文 长孙 端木 歐陽 諸葛 東方 尉遲 公孫 長孫".split()
HAN_GIVEN = "晓小雨子梓浩轩宇诗涵欣怡思佳一博文天明志建国强华丽秀英兰芳红梅玉珍春燕雪莲云飞龙军平波涛辉鹏磊斌俊杰伟勇刚洋健林峰海山东南北晨曦阳光昊然泽睿铭嘉琪瑶婷娜静敏颖慧洁琳璐莹倩薇梦馨雅美凤娟霞萍莉桂香月琴爱菊翠艳立新永生德福贵富荣昌兴旺庆祥瑞安康宁和顺忠义信仁孝礼智学书远达成功业家树森木水清江河源泉昕彤妍萱蕾菲曼若雯婉如淑贤慧心悦"
JAPANESE_SURNAMES = """
佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡部 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 斎藤 斉藤 齋藤 清水 山崎 池田 橋本 阿部 森田 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本
福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 中川 原田 松田 竹内 小野 田村 中山 和田 石田 上田 森本 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 藤本 武田 村田 上野 杉山 増田 平野 大塚 千葉 久保
松井 小島 岩崎 桜井 野口 松尾 野村 木下 菊地 菊池 佐野 大西 杉本 新井 浜田 古川 市川 水野 小松 島田 小山 高野 山内 西田 西川 五十嵐 北村 安田 川口 平田 川崎 飯田 吉川 本田 久保田 沢田 辻本 関口 吉村 中田 中西 服部 岩田
川村 福島 東 大島 永井 黒田 松岡 堀 早川 川上 荒木 小沢 浅野 矢野 大橋 河野 望月 松村 田口 富田 熊谷 荒井 内藤 星野 須藤 大谷 土屋 片山 須田 篠原 石原 黒木 樋口 今村 栗原 松原 大久保 尾崎
""".split()
JAPANESE_GIVEN = "子美一郎二三也樹介太人香奈恵江代枝彦雄夫男助史志司次治弘博浩正明昭和之幸行仁信義勝隆健翔蓮陽悠斗菜咲花愛結衣葵凛莉乃紗希優香織里沙亜由真理絵千春夏秋冬智裕直哲剛誠実学修進茂豊久光貴亮輔平吾佑大輝拓海颯音心桜穂歩凪葉実鈴月帆芽萌七海彩綾礼玲瑠璃桃杏莓苺望美恵慧英栄重朗晴晃篤昇隼岳陸湊樹律朔奏旭暖結翼進誉士吉作蔵造吾朗郎"
KOREAN_SURNAMES = "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 전 홍 고 문 양 손 배 백 허 유 남 심 노 하 곽 성 차 주 우 구 민 진 지 엄 채 원 천 방 공 현 함 변 염 여 추 도 소 석 선 설 마 길 남궁 황보 제갈 선우 독고".split()
KOREAN_GIVEN = "민지수서현준우진영은성호재혁동훈태경희미정숙자순옥연주아윤하예린나다라유빈채원도시후건율승기철상용광규형석범찬대창병종원선화혜인란향남춘봉길복만덕구식환웅욱근필홍국솔별슬한결세령효설단청초비보겸이안온"


GIVEN = """
محمد أحمد محمود مصطفى علي حسن حسين عمر عثمان خالد يوسف إبراهيم إسماعيل عبدالله عبدالرحمن فهد سعود سلطان ناصر ماجد طارق وليد ياسر سامي رامي هاني باسم عماد نبيل كمال جمال سمير زياد بلال حمزة أنس معاذ مالك رائد فادي شادي
مروان غسان حازم هشام أيمن أشرف شريف تامر وائل إيهاب عصام فيصل تركي بندر مشعل نايف راشد حمد سيف منصور فاطمة عائشة خديجة مريم زينب ليلى سارة نورة منى هند رنا دينا ريم لينا هدى سلمى ياسمين نادية سميرة فريدة أمينة
رقية حليمة سعاد وفاء إيمان رانيا شيماء دعاء إسراء آية نورهان مها لمياء هالة غادة عبير رشا ميساء نجلاء لطيفة شيخة موزة حصة العنود مازن أسامة عادل عبدالعزيز صلاح صالح
प्रियंका राजेश सुनीता अनिल विक्रम संजय विजय राहुल रोहित अमित सुमित अजय मनोज दीपक सुरेश रमेश महेश दिनेश मुकेश राकेश नरेश अशोक विनोद प्रमोद अरुण वरुण तरुण कमल विमल नितिन सचिन मोहन सोहन रवि शशि किरण पूजा नेहा स्नेहा
प्रिया अंजलि कविता सरिता ममता गीता सीता रीता मीना रेखा सुषमा उषा आशा लता माया राधा लक्ष्मी सरस्वती पार्वती काजल ज्योति आरती भारती रश्मि स्वाति श्वेता दिव्या काव्या अनन्या ईशा मीनाक्षी शालिनी मालिनी सुधा वंदना अर्चना रंजना अर्जुन
करण निखिल आदित्य अभिषेक विवेक गौरव सौरभ विशाल विकास आकाश प्रकाश गोपाल गणेश शंकर कृष्ण हरीश
""".split()
"""Frequent Arabic and Hindi given names."""
SURNAMES = """
حداد خوري منصور نجار خليل حمدان عيسى سليمان داود نصر سعيد قاسم صباغ حلبي شامي بغدادي تونسي بيطار عطار خياط سويد درويش زيدان شاهين عبود فرج كنعان مراد نعيم هاشم الشمري العتيبي القحطاني الدوسري الغامدي الزهراني المنصوري الحربي
अग्रवाल चौहान सक्सेना सिंह शर्मा वर्मा गुप्ता कुमार यादव मिश्रा तिवारी पांडे पाण्डेय दुबे त्रिपाठी श्रीवास्तव जोशी पटेल शाह मेहता देसाई रेड्डी नायर मेनन अय्यर राव नायडू पिल्लई बनर्जी मुखर्जी चटर्जी दास घोष बोस सेन ठाकुर राठौर सोलंकी परमार जैन खान
अंसारी कपूर खन्ना मल्होत्रा चोपड़ा अरोड़ा भाटिया सेठी बंसल गर्ग मित्तल गोयल जायसवाल रावत नेगी बिष्ट कुलकर्णी देशपांडे पाटिल जाधव शिंदे पवार मोरे
""".split()
"""Frequent Arabic and Hindi surnames."""


LATIN_GIVEN = """
Gülşen Tuğba Tuğçe Gülay Gülten Şebnem Şeyma Kübra Kübra Esra Elif Ebru Burcu Derya Sevgi Sibel Songül Hülya Nurcan Nermin Nesrin Özlem Pınar Selin Sinem Yasemin Zehra Çağla Ayşegül Aysel Aylin Begüm Berna Betül Büşra Ceren Dilek
Ahmet Mehmet Mustafa Emre Hakan Murat Serkan Volkan Gökhan Oğuz Özgür Tolga Ufuk Umut Uğur Yiğit Burak Barış Cem Cemal Cengiz Çağrı Deniz Doğan Engin Erdem Erhan Erkan Ferhat Halil Hüseyin İbrahim İsmail Kemal Kerem Levent Mert Metin
Okan Onur Orhan Osman Ömer Rıza Sedat Selim Sinan Süleyman Şahin Taner Tarık Turgut Yavuz Yusuf
Eszter Katalin Zsófia Zsuzsanna Ágnes Ildikó Erzsébet Judit Krisztina Réka Tímea Orsolya Noémi Enikő Emese Csilla Boglárka Zoltán László Gábor Ferenc Attila Csaba Balázs Gergő Bence Máté Dávid Ádám Tamás István Sándor József János György Imre
Aino Päivi Tuulikki Marjatta Anneli Kaarina Riikka Satu Outi Minna Maarit Eeva Hanna Heli Jaana Johanna Kaisa Kirsi Laura Leena Liisa Merja Mervi Niina Pirjo Tuula Ulla Virpi Tapio Juhani Matti Mikko Antti Heikki Ilkka Janne Jari Jouni Jukka
Kimmo Lauri Markku Mika Olli Pasi Pekka Petri Risto Sami Seppo Teemu Timo Tuomas Veikko Ville
Ioana Andreea Elena Mihaela Gabriela Simona Raluca Bogdan Ionuț Răzvan Ștefan Mihai Vlad Cătălin Dragoș Ciprian Florin Gheorghe Vasile Costel Oana Roxana Alina Cristina Anca Corina Doina Ileana
Budi Agus Joko Slamet Sri Wahyu Dewi Siti Ayu Putri Rina Rini Yanti Yuni Hendra Hendro Bambang Eko Dwi Tri Rizky Fajar Dian Indah Ratna Wulan Lestari Nur Rahmat Taufik Yusuf Ismail Aditya Arif
""".split()
"""Turkish, Hungarian, Finnish, Romanian and Indonesian given names."""
LATIN_SURNAMES = """
Yılmaz Yıldırım Yıldız Öztürk Özdemir Özkan Demir Şahin Çelik Kaplan Kılıç Aydın Arslan Aslan Doğan Çetin Koç Kurt Korkmaz Karabulut Karaca Karadağ Altıntaş Altın Aksoy Aktaş Bulut Bozkurt Erdoğan Güneş Güler Polat Şimşek Tekin Turan Ünal Yavuz Avcı Acar
Nagy Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács Juhász Lakatos Mészáros Oláh Rácz Fekete Szilágyi
Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Lehtinen Saarinen Salminen Heinonen Niemi Heikkilä Kinnunen Salonen Turunen Laitinen Tuominen Rantanen Karjalainen Jokinen Mattila Savolainen
Popescu Ionescu Popa Pop Radu Dumitru Dumitrescu Stan Stoica Gheorghe Matei Ciobanu Rusu Constantin Marin Munteanu Moldovan Georgescu Stanciu Florea Santoso Wijaya Susanto Setiawan Hidayat Nugroho Saputra Pratama Kurniawan Gunawan Hartono
Kowalski Nowak Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Mazur Krawczyk Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný
""".split()
"""Surnames of the same countries, of Poland and of Czechia."""


def faker_names(country, attribute):
    """The values of each attribute of a country that begins so."""
    provider = importlib.import_module(f"faker.providers.person.{country}").Provider
    found = set()
    for name in dir(provider):
        values = getattr(provider, name)
        if name.startswith(attribute) and isinstance(values, (tuple, list, dict)):
            found |= {value for value in values if isinstance(value, str)}
    return found


def main(folder):
    """Write all sections."""
    sections = {
        "given": {*GIVEN} | {name for country in SPACED for name in faker_names(country, "first_name")},
        "surnames": {*SURNAMES} | {name for country in SPACED for name in faker_names(country, "last_name")},
        "latin given": set(map(str.lower, LATIN_GIVEN)),
        "latin surnames": set(map(str.lower, LATIN_SURNAMES)),
        "han surnames": faker_names("zh_CN", "last_name") | faker_names("zh_TW", "last_name") | set(HAN_SURNAMES),
        "han given": set("".join(faker_names("zh_CN", "first_name") | faker_names("zh_TW", "first_name")) + HAN_GIVEN),
        "japanese surnames": faker_names("ja_JP", "last_name") | set(JAPANESE_SURNAMES),
        "japanese given": {name[-1] for name in faker_names("ja_JP", "first_name")} | set(JAPANESE_GIVEN),
        "korean surnames": faker_names("ko_KR", "last_name") | set(KOREAN_SURNAMES),
        "korean given": set("".join(faker_names("ko_KR", "first_name")) + KOREAN_GIVEN),
        "korean given names": faker_names("ko_KR", "first_name"),
    }
    lines = [line for section, names in sections.items() for line in (f"[{section}]", *sorted(name.strip() for name in names if name.strip()))]
    (Path(folder) / "names_in_scripts.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

r"""Dates of birth, postal addresses and names, told by the words beside them.

Enters a `View`, leaves sorted, disjoint spans:

==============================================  ==============================================
``生于1990年5月1日``, ``DOB: 05/01/1990``           birth: a date beside a label
``住在杭州市西湖区文三路138号2幢501室``               address: after a label, a province or a city
``海淀区学院路 30 号``                               address: a street of a known kind and a number
``12 Baker Street, London NW1 6XE``               address: a number, capital words, a kind of street
``张伟先生``, ``患者：李娜``, ``Mr. John Smith``       name: beside a title or after a label
==============================================  ==============================================
"""

from __future__ import annotations

import re

from chainring.text.characters import HAN
from chainring.text.personal_codes import LINKS, labelled
from chainring.text.personal_homes import by_postcode, estates, named_estate, with_flat
from chainring.text.places import Spans, View, disjoint, matches, values

# -- dates of birth ------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = (
    rf"(?:{_YEAR} ?年 ?[0-9]{{1,2}} ?月(?: ?[0-9]{{1,2}} ?[日号])?"
    r"|[0-9]{2} ?年 ?[0-9]{1,2} ?月(?: ?[0-9]{1,2} ?[日号])?"
    rf"|{_YEAR}(?P<a>[-./ ])[0-9]{{1,2}}(?P=a)[0-9]{{1,2}}(?![0-9])"
    rf"|{_YEAR}[01][0-9][0-3][0-9](?![0-9])"
    rf"|[0-9]{{1,2}}(?P<b>[-./ ])[0-9]{{1,2}}(?P=b)(?:{_YEAR}|[0-9]{{2}})(?![0-9])"
    rf"|{_MONTH} (?:the )?[0-9]{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}(?![0-9])"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH},?[ -]{_YEAR}(?![0-9]))"
)
_BIRTH_LABEL = labelled(
    "出生|生日|生于|诞生于|dob|d.o.b|date of birth|birth|born",
    "出生(?:日期|年月日?|于|时间|在)?|生日|生于|诞生于"
    r"|(?<![a-z])(?:d\.?o\.?b\b|date of birth|birth ?date|birthday|born(?: on)?)",
    links=f"{LINKS}(?:the )?",
)
_BIRTH = re.compile(_DATE)
_BORN = re.compile(rf"(?<![0-9])(?P<whole>{_DATE})(?= ?(?:出生|生人|生的|生，|生,))")


def births(view: View) -> Spans:
    """Return dates right after (or, in Chinese, before) a word of birth."""
    spans = [match.span() for match in values(_BIRTH_LABEL, _BIRTH, view)]
    if "生" in view.near:
        spans += [match.span("whole") for match in matches(_BORN, view.plain, view.runs)]
    return disjoint(spans)


# -- Chinese addresses ---------------------------------------------------------------------------

_PLACES = (
    "北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西"
    "|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|石家庄|太原|呼和浩特|沈阳|大连|长春|哈尔滨|南京|苏州|无锡|常州|南通"
    "|徐州|扬州|杭州|宁波|温州|嘉兴|绍兴|金华|台州|合肥|芜湖|福州|厦门|泉州|漳州|南昌|赣州|济南|青岛|烟台|潍坊|临沂|郑州|洛阳"
    "|武汉|宜昌|襄阳|长沙|株洲|衡阳|广州|深圳|珠海|佛山|东莞|中山|惠州|汕头|南宁|桂林|柳州|海口|三亚|成都|绵阳|贵阳|昆明|拉萨"
    "|西安|咸阳|兰州|西宁|银川|乌鲁木齐|唐山|保定|邯郸|廊坊|台北|高雄"
)
_UNIT = "(?:号院|号楼|号|巷|弄|栋|幢|座|单元|层|楼|室|房|户|门)"
_UNIT_CHAR = re.compile("[号巷弄栋幢座层楼室房户门单]")
_NUMBER = rf"(?:[0-9]{{1,5}}[a-z]?|[a-z][0-9]{{0,4}}|[一二三四五六七八九十]{{1,3}}) ?{_UNIT}(?!线)"
_NO_HOUSE = (  # 12号上午 is a day, 3号口 a place of all
    "(?:口|出口|站|店|公交|车|台|机|窗|[上中下]午|[早晚]|凌晨|那天|当天|开始|开业|之?[前后]|以[前后]"
    "|到|至|左右|起|截止|星期|周)"
)
_IS_DAY = (
    "(?:(?:[12]?[0-9]|3[01])(?![0-9])|[一二三四五六七八九]|[一二]?十[一二三四五六七八九]?"
    "|三十一?) ?号"
)
_DAY_GOES_ON = (  # what goes on with a day, behind which no house is named
    f"{_IS_DAY} ?(?:{_NO_HOUSE}|能|会|才|就(?![行好可])|要|有(?!人)|来|发|入|出|还[能会是款要]|过"
    "|停|赶|扣|再|开|解封|断[电水网]|办|复[诊查工课]|报[名到]|交[房付]|退|回[去来]|做|放[假学]|体检|检"
    "|医|手术|门(?![口牌前卫])|病?床|生效|截|考|举)"
)
_NUMBERS = (
    rf"{_NUMBER}(?:[ -]?[{HAN}]{{0,8}}?[ -]?(?!{_DAY_GOES_ON}){_NUMBER}){{0,8}}"
    r"(?P<room>[ -]?[0-9]{2,4}(?![0-9元块天年月日]))?"
)
_STREET = "(?:路|街|道|巷|弄|胡同|村|里|园|苑|城|庄|湾|小区|大厦|新村|公寓|广场|组|社区)"
_SECTION = "(?:[东南西北中]?[一二三四五六七八九十]?段)? ?"
_ADDRESS = re.compile(
    rf"(?:{_PLACES})(?: ?[{HAN}·]){{0,26}}?(?:{_STREET}|[市区县][{HAN}]{{2,4}}镇)"
    rf"{_SECTION}(?P<numbers>{_NUMBERS})"
)
_HOME_WORDS = "地址|住址|住所|家住|住在|现住|居住地|寄到|寄往|寄给我|送到|送货到|发到|户籍|搬到"
_HOME_LABEL = labelled(_HOME_WORDS, _HOME_WORDS)
_HOME = re.compile(rf"[{HAN}·](?: ?[{HAN}·]){{1,29}}?{_SECTION}(?P<numbers>{_NUMBERS})")
_AT_ROAD = re.compile(
    f"(?![0-9]{{1,5}} ?[号巷弄] ?{_NO_HOUSE})(?=[0-9]{{1,5}}[a-z]? ?[号巷弄]){_NUMBERS}"
)
_ROAD_NAME = re.compile(rf"(?: ?[{HAN}·])+$")
_ROAD_REACH, _MIN_ROAD_NAME, _MAX_ROAD_NAME, _MAX_AREA_NAME = 24, 2, 6, 4
_ROAD_ENDS = "路街道同巷段"
_ROAD = re.compile(  # no road: 走路, 铁路, 这条路, 一路
    "(?:(?<![走上赶迷问带修跑退半顺堵铁线电思套网道马航陆销岔绕歧短断识这那条一])(?<!速公)(?<!条公)路"
    "|(?<=[东南西北中文经纬科新建技园兴])一路|(?<![逛上扫沿这那条])街|大道|胡同|(?<![这那条小])巷)"
    f"{_SECTION}$"
)
_FIRST = (  # 湖滨一路 is the first of a row of roads; 出发一路, 这一路, 从北京一路 are none
    f"(?!(?!中山)(?:{_PLACES}))[{HAN}]{{2}}(?<![我你他她它们咱这那哪一陪走跑堵跟随发来去到开过行着了追赶骑坐乘是的在往向从车家"
    "里内外口边面前后上下司点站店库房厂校时候就又还也都直省市区县镇乡])一路"
)
_FIRST_ROAD = re.compile(f"{_FIRST}{_SECTION}$")
_FIRST_AFTER = re.compile(  # without a label that is read as one: after an area or where one lives
    "(?:(?P<area>[省县镇乡]|(?<![小社园校景市地山郊])区|(?<![超城都上门])市)|我?家在|住在?|位于"
    f"|[寄送放]在|[寄送]到|(?:快递|包裹|[货件])放)(?P<name>[{HAN}]{{0,2}}{_FIRST}){_SECTION}$"
)
_LANE = re.compile(f"(?:(?<![知味报频通渠难跑轨管地隧说人街车赛])道|弄){_SECTION}$")
_AREA = re.compile("[省市区县镇乡]")
_BEFORE_ROAD = re.compile(  # what stands behind the last of these words is the name
    "住在|住|位于|地址|家在|公交|地铁|[寄送搬发][到往给]?|[在到去往是找坐乘走等给的了或我你他她请查把离]"
)


def _roads(view: View) -> Spans:
    """Return addresses without a label or a province: 海淀区学院路30号, from their name on."""
    spans: Spans = []
    plain = view.plain
    for run in view.runs:
        if spans and run < spans[-1][1]:  # or a row of numbers would be read from each of them
            continue
        end = run - 1 if plain[run - 1 : run] == " " else run
        is_road = end > 0 and plain[end - 1] in _ROAD_ENDS
        length = _name_of_road(plain[max(0, end - _ROAD_REACH) : end]) if is_road else 0
        number = _AT_ROAD.match(plain, run) if length else None
        if number:
            spans.append((end - length, number.end()))
    return spans


def _name_of_road(before: str) -> int:
    """Return how many characters at the end of `before` are the name of a road; 0 without one."""
    name, road = _ROAD_NAME.search(before), _ROAD.search(before)
    told = None if road else _FIRST_AFTER.search(before)
    road = road or (told and _FIRST_ROAD.search(before))
    if not name or not road:
        return 0
    if told and not told["area"]:
        return len(before) - told.start("name")
    area = _AREA.search(before, name.start(), road.start())
    first = area.start() - _MAX_AREA_NAME if area else road.start() - _MAX_ROAD_NAME
    words = [match.end() for match in _BEFORE_ROAD.finditer(before, name.start(), road.start())]
    start = max(name.start(), first, *words)
    return len(before) - start if road.start() - start >= _MIN_ROAD_NAME else 0


_NO_DOOR = re.compile("[0-9]{1,5} ?号 ?(?:出?口|站)")
_OUT_OF_HOUSE = re.compile(f"(?:[0-2]?[0-9]|3[01]) ?号 ?{_NO_HOUSE}")
_DAY, _BUSY_DAY = re.compile(f"{_IS_DAY}$"), re.compile(_DAY_GOES_ON)
_UNITS, _STRONG = re.compile(_UNIT), re.compile("[栋幢弄室户院]|单元")
_SHOPS, _FLOOR = re.compile("[城园] ?$"), re.compile("[楼层门房]$")
_DISTRICT = re.compile(
    "[省县镇]|街道|(?<![小社园商城])区|(?<![城超都上门])市(?![场民])|乡(?![下亲])"
)
_CITY = re.compile("[省市] ?$")  # no house is counted there: 南京市25号 is a day
_NAMED_TOWN = re.compile(  # and not 我们镇, 古镇
    f"[{HAN}]{{2}}(?<!们)(?<![这那]个)(?:街道|(?<![乡城小古本我该这那])(?<!景德)镇) ?$"
)
_LIVING = re.compile(f"(?:家住|住在|现住|[地住]址|住所|居住地){LINKS}$")
_LABEL_REACH = 16
_HOUSE_ALONE = re.compile(  # no day, and no bed or room of many
    f"(?!{_IS_DAY})[1-9][0-9]{{0,4}}[a-z]? ?号"
    "(?! ?(?:出?口|[站台机窗桌柜床]|车[间厢]|房(?!子)|病[床房人]|选项))"
    "|[0-9]{1,5}[a-z]? ?[号座][ -]?[0-9]{3,4}(?![0-9.:-]| ?[元块天年月日号人个位点时分])"
)


def _is_told(home: re.Match[str]) -> bool:
    """Return whether a colon tells of an address: 住址：汤臣一品8号."""
    plain, start = home.string, home.start()
    at_colon = ":" in plain[max(0, start - 2) : start]
    return at_colon and not _BUSY_DAY.match(plain, home.start("numbers"))


def _is_home(home: re.Match[str]) -> bool:
    """Return whether a house is named, and not a day (寄到南京25号) or a floor (住在内科3楼)."""
    plain, numbers = home.string, home["numbers"]
    start, at = home.start(), home.start("numbers")
    end = at - (plain[at - 1] in "甲乙丙丁")
    districts = len(_DISTRICT.findall(plain, start, at))
    if any(road.search(plain, start, end) for road in (_ROAD, _FIRST_ROAD, _LANE)):
        is_day = districts < 2 and _OUT_OF_HOUSE.match(plain, at)
        return not (is_day or _NO_DOOR.match(plain, at))
    units = _UNITS.findall(numbers)
    if _STRONG.search("".join(units)) or ("房" in units and len(units) > 1):
        return True
    in_town = units[0] == "号" and bool(_NAMED_TOWN.search(plain, start, at))
    if in_town and districts >= 2:
        return not (_OUT_OF_HOUSE.match(plain, at) or _NO_DOOR.match(plain, at))
    if _BUSY_DAY.match(plain, at):
        return False
    estate = named_estate(plain, at)
    if estate:
        return not (_SHOPS.search(estate) and _FLOOR.search(numbers))
    if _HOUSE_ALONE.match(plain, at) and _LIVING.search(plain, max(0, start - _LABEL_REACH), start):
        return True
    if _DAY.match(numbers) and not in_town:
        return districts >= 2 and not _CITY.search(plain, start, at)
    return in_town or districts >= (1 if units == ["号"] else 2)


# -- English addresses ---------------------------------------------------------------------------

_KINDS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Sq|Terrace|Crescent|Close|Way|Place|Pl"
    "|Highway|Hwy|Parkway|Pkwy|Gardens|Grove|Mews|Hill|Row|Walk|Quay"
)
_POSTCODE = r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[0-9]{5}(?:-[0-9]{4})?)(?![0-9A-Za-z])"
_FLAT = (
    r"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|Rm|apt|suite|unit|flat|room)\.? ?#?"
    r"[0-9]{1,5}[A-Za-z]?"
)
_TOWN = r"(?:,? [A-Z][A-Za-z'’-]{1,20}){0,3},? "
_NO_SIZE = r"(?![0-9]+(?:[xX] | ?(?:[KMGTkmgt][Bb]|[GM][Hh]z|[Ii]nch|[Ww]att|Pack|Bay|Port)\b))"
_ENGLISH = re.compile(
    rf"(?<![0-9A-Za-z$£€.,:/-]){_NO_SIZE}[0-9]{{1,5}}[A-Za-z]?,? "
    rf"(?:[A-Z0-9][\w'’.]{{0,20}} ){{1,4}}"
    rf"(?:{_KINDS})(?![A-Za-z])\.?(?:,? (?:{_FLAT}|#[0-9]{{1,5}}))?"
    rf"(?:{_TOWN}{_POSTCODE}|{_TOWN}[A-Z]{{2}},? {_POSTCODE})?"
)
_LIVES = labelled(
    "address|live at|lives at|living at|deliver|ship|send|resid",
    r"(?<![a-z])(?:address|liv(?:e|es|ing) at|deliver(?:ed)? (?:it )?to|ship(?:ped)? (?:it )?to"
    r"|send (?:it )?to|resid(?:e|es|ing) at)",
)
_SMALL = re.compile(
    rf"[0-9]{{1,5}}[a-z]?,? (?:[a-z][a-z']{{1,20}} ){{1,3}}(?:{_KINDS.lower()})(?![a-z])\.?"
    rf"(?:,? (?:{_FLAT.lower()}))?(?:(?:,? [a-z]{{2,20}}){{0,4}},? {_POSTCODE.lower()})?"
)


def addresses(view: View) -> Spans:
    """Return postal addresses that name a house: a street without a number is left."""
    spans: Spans = []
    if " " in view.near:
        spans = [match.span() for match in matches(_ENGLISH, view.text, view.runs)]
        spans = with_flat(spans + by_postcode(view), view.text)
    spans += [match.span() for match in values(_LIVES, _SMALL, view)]
    if not view.plain.isascii() and _UNIT_CHAR.search(view.near):
        spans += [home.span() for home in _ADDRESS.finditer(view.plain) if _is_home(home)]
        told = values(_HOME_LABEL, _HOME, view)
        spans += [home.span() for home in told if _is_told(home) or _is_home(home)]
        spans += _roads(view)
    if not view.near.isascii():
        spans += estates(view)
    return disjoint(spans)


# -- names ---------------------------------------------------------------------------------------

_SURNAMES = (
    "(?:欧阳|司马|上官|诸葛|司徒|东方|夏侯|皇甫|尉迟|公孙|慕容|令狐|南宫|长孙|宇文|端木"
    "|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏锺钟汪田任姜范方石姚"
    "谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢骆岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵])"
)
_TITLES = "(?:先生|女士|小姐|太太|医生|大夫|教授|老师|经理|主任|同志|师傅)"
_CUE = (
    rf"(?:^|(?<=[^{HAN}])|(?<=[是叫给找向和跟与请问让被由到说您])"
    "|(?<=收件人|联系人|尊敬的|亲爱的))"
)
_TITLED = re.compile(rf"{_CUE}(?P<whole>{_SURNAMES}[{HAN}]{{0,2}}){_TITLES}")
_NAMED = re.compile(
    rf"(?:姓名|名字|我叫|本人|收件人|收货人|联系人|患者|病人|客户|户主|持卡人|申请人){LINKS}"
    rf"(?P<whole>{_SURNAMES}(?:(?={_TITLES})|[{HAN}]{{1,2}}?"
    rf"(?=[^{HAN}]|$|{_TITLES}|的|在|已|是|想|要|电话|手机|身份证|住)))"
)
_WORDS = r"(?P<whole>(?:[A-Z]['’])?[A-Z][a-z]+(?:[ -](?:[A-Z]['’])?[A-Z][a-z]+){0,2}(?![a-z]))"
_MISTER = re.compile(
    r"(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Madam|Sir|Lady)\.?,? "
    rf"(?:[A-Z]\. ?){{0,2}}{_WORDS}"
)
_MY_NAME = re.compile(
    r"(?<![A-Za-z])(?:[Mm]y name is|(?:[Nn]ame|[Pp]atient|[Cc]ustomer|[Rr]ecipient|[Cc]ontact) ?:"
    rf"|[Aa]ttn\.? ?:?) ?{_WORDS}"
)


def names(view: View) -> Spans:
    """Return names of persons beside a title or after a label; a name alone is not found."""
    forms = (
        (_TITLED, view.plain),
        (_NAMED, view.plain),
        (_MISTER, view.text),
        (_MY_NAME, view.text),
    )
    return disjoint([m.span("whole") for form, text in forms for m in form.finditer(text)])

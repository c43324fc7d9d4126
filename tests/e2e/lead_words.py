"""lead_words.py - the words that make-leads.py makes its leads of.

Each locale: language of the notes, calling code, spellings of telephone numbers (# is a
digit from 1 to 9, 0 any digit), country, cities with postal codes, streets, legal forms,
first names, last names.
"""
LOCALES = {
    "de": {
        "country": "Germany", "domain": "de",
        "phones": ["+49 30 #000000", "+49-30-#000000", "+49 (89) #00 00 00", "+49 40/#000000",
                   "+4969#0000000", "+49 171 #000000"],
        "cities": [("10115", "Berlin"), ("80331", "München"), ("20095", "Hamburg"),
                   ("50667", "Köln"), ("01067", "Dresden"), ("40213", "Düsseldorf")],
        "streets": ["Hauptstraße {n}", "Am Bächle {n}", "Königsallee {n}", "Gartenweg {n} a"],
        "firms": ["{w} GmbH", "{w} & Söhne; Logistik, GmbH", "{w} AG", 'Gasthof "{w}"'],
        "first": "Jürgen Käthe Björn Zoë Anneliese Götz Heike Uwe Sören Ulrike Matthias Grete "
                 "Jörg Ingrid Florian Rüdiger Annika Thorsten Änne Wolfgang",
        "last": "Müller Schäfer Groß Weiß Krüger Jäger Böhm Vogel Lindner Öztürk Hübner Zöller "
                "Köhler Schmidt-Rottluff Freiherr-vom-Stein Bäcker Fuß Löwe Nürnberger Ebert",
    },
    "us": {
        "country": "United States", "domain": "com",
        "phones": ["+1 (415) 555-0100", "+1-212-555-0100", "+1 312.555.0100", "+1 202 555 0100",
                   "+16175550100"],
        "cities": [("94105", "San Francisco"), ("10001", "New York"), ("60601", "Chicago"),
                   ("02108", "Boston"), ("78701", "Austin")],
        "streets": ["{n} Market St, Suite {n}", "{n} 5th Ave", "{n} Main Street", "PO Box {n}"],
        "firms": ["{w}, Inc.", "{w} LLC", "{w} & Partners", "The {w} Company"],
        "first": "James Mary Robert Patricia Michael Linda William Barbara David Susan Thomas "
                 "Jessica Charles Karen Christopher Nancy Daniel Lisa Matthew Betty",
        "last": "Smith Johnson Williams O'Brien Garcia Davis Rodriguez Wilson Anderson Taylor "
                "Jackson Lee Thompson White-Harris Clark Ramirez Lewis McAllister Walker Young",
    },
    "fr": {
        "country": "France", "domain": "fr",
        "phones": ["+33 1 #0 00 00 00", "+33 4.#0.00.00.00", "+336#0000000", "+33-2-#0-00-00-00"],
        "cities": [("75001", "Paris"), ("69002", "Lyon"), ("31000", "Toulouse"),
                   ("67000", "Strasbourg"), ("44000", "Nantes")],
        "streets": ["{n}, rue de l'Église", "{n} bis, avenue des Champs-Élysées",
                    "{n} boulevard Saint-Michel"],
        "firms": ["{w} SARL", "Établissements {w}", "{w} et Fils", "Société {w}, Paris"],
        "first": "Élodie François Hélène Benoît Aurélie Jérôme Zoé Mickaël Gaëlle Cédric Noémie "
                 "Loïc Céline Rémi Anaïs Stéphane Thérèse Raphaël Maëlys Grégoire",
        "last": "Lefèvre Dubois d'Aubigné Mercier Garçon Noël Lemaître Hénault Gauthier Fournier "
                "Béranger Château Pâris Chevallier Légaré Moreau Duprès Bœuf Rivière L'Hermitte",
    },
    "pl": {
        "country": "Poland", "domain": "pl",
        "phones": ["+48 22 #00 00 00", "+48 #00-000-000", "+48#00000000"],
        "cities": [("00-001", "Warszawa"), ("31-042", "Kraków"), ("90-001", "Łódź"),
                   ("50-001", "Wrocław"), ("80-001", "Gdańsk")],
        "streets": ["ul. Świętokrzyska {n}", "al. Jerozolimskie {n}/{n}", "os. Złotego Wieku {n}"],
        "firms": ["{w} sp. z o.o.", "Zakład {w}", "{w} S.A."],
        "first": "Łukasz Małgorzata Paweł Agnieszka Władysław Żaneta Sławomir Bożena Michał "
                 "Elżbieta Grzegorz Jadwiga Stanisław Wiesława Zbigniew Halina Błażej Danuta",
        "last": "Wałęsa Kowalczyk Wiśniewski Wójcik Kamiński Dąbrowski Zieliński Szymański "
                "Woźniak Kozłowski Jankowski Mazur Krawczyk Piotrowski Grabowski Pająk Król Żak",
    },
    "tr": {
        "country": "Türkiye", "domain": "com.tr",
        "phones": ["+90 212 #00 00 00", "+90 (532) #00 00 00", "+90-312-#000000"],
        "cities": [("34000", "İstanbul"), ("06000", "Ankara"), ("35000", "İzmir"),
                   ("26000", "Eskişehir")],
        "streets": ["İstiklal Caddesi No: {n}", "Atatürk Bulvarı {n}/{n}", "Çiçek Sokağı {n}"],
        "firms": ["{w} A.Ş.", "{w} Ltd. Şti.", "{w} Ticaret"],
        "first": "Ayşe Mehmet Şule Çağrı Işıl Ömer Gülşah Barış Özlem Uğur Tuğçe Yiğit Sıla "
                 "Oğuz Müge Ümit Pınar Cem",
        "last": "Yılmaz Şahin Öztürk Aydın Çelik Yıldız Doğan Güneş Kılıç Aslan Çetin Kaplan "
                "Koç Kurt Özkan Şimşek Polat Erdoğmuş",
    },
    "gr": {
        "country": "Greece", "domain": "gr",
        "phones": ["+30 21 #000 0000", "+30 694 #00 0000", "+30-2310-#00000"],
        "cities": [("105 57", "Αθήνα"), ("546 24", "Θεσσαλονίκη"), ("262 21", "Πάτρα")],
        "streets": ["Οδός Ερμού {n}", "Λεωφόρος Συγγρού {n}", "Πλατεία Αριστοτέλους {n}"],
        "firms": ["{w} Α.Ε.", "{w} Ε.Π.Ε.", "Αφοί {w} Ο.Ε."],
        "first": "Γιώργος Μαρία Δημήτρης Ελένη Κωνσταντίνος Κατερίνα Ιωάννης Βασιλική Νίκος "
                 "Σοφία Παναγιώτης Αγγελική Χρήστος Ευαγγελία Αλέξανδρος Ψηλή",
        "last": "Παπαδόπουλος Βλάχος Αγγελόπουλος Νικολαΐδης Γεωργίου Οικονόμου Παπαγεωργίου "
                "Μακρής Ιωάννου Αλεξίου Δημητρίου Καραγιάννης Σταματόπουλος Ξένος Ρήγας",
    },
    "ru": {
        "country": "Россия", "domain": "ru",
        "phones": ["+7 495 #00-00-00", "+7 (812) #00-00-00", "+7916#000000"],
        "cities": [("101000", "Москва"), ("190000", "Санкт-Петербург"),
                   ("620000", "Екатеринбург")],
        "streets": ["ул. Ленина, д. {n}", "Невский проспект, {n}", "пер. Тихий, {n}, кв. {n}"],
        "firms": ["ООО «{w}»", "АО «{w}»", "ИП {w}"],
        "first": "Андрей Наталья Сергей Ольга Дмитрий Елена Алексей Светлана Фёдор Татьяна "
                 "Михаил Юлия Пётр Людмила Игорь Ксения",
        "last": "Иванов Кузнецов Соловьёв Щербаков Яковлев Попов Лебедев Морозов Новиков Орлов "
                "Королёв Чайковский Журавлёв Ершов Быстров Зайцев",
    },
    "ua": {
        "country": "Україна", "domain": "ua",
        "phones": ["+380 44 #00 0000", "+380 (50) #00-00-00", "+38067#000000"],
        "cities": [("01001", "Київ"), ("79000", "Львів"), ("65000", "Одеса")],
        "streets": ["вул. Хрещатик, {n}", "просп. Перемоги, {n}", "пл. Ринок {n}"],
        "firms": ["ТОВ «{w}»", "ПП «{w}»", "ФОП {w}"],
        "first": "Олександр Оксана Тарас Ірина Богдан Леся Василь Юлія Ґалаґан Євген Соломія "
                 "Остап Христина Мирослава",
        "last": "Шевченко Коваленко Бондаренко Ткаченко Мельник Кравчук Їжакевич Гриценко "
                "Лисенко Поліщук Савченко Руденко Мороз Ґудзь",
    },
    "jp": {
        "country": "日本", "domain": "co.jp",
        "phones": ["+81 3-#000-0000", "+81 6 #000 0000", "+81 90-#000-0000"],
        "cities": [("100-0001", "東京"), ("530-0001", "大阪"), ("600-8001", "京都")],
        "streets": ["千代田{n}丁目{n}番", "中央区銀座{n}-{n}", "北区梅田{n}-{n}"],
        "firms": ["株式会社{w}", "{w}商事", "有限会社{w}"],
        "first": "太郎 花子 健一 美咲 大輔 陽子 翔太 由美 直樹 恵子 拓也 さくら 一郎 真理子",
        "last": "佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口",
    },
    "cn": {
        "country": "中国", "domain": "cn",
        "phones": ["+86 10 #000 0000", "+86 21-#0000000", "+86 138 #000 0000"],
        "cities": [("100000", "北京"), ("200000", "上海"), ("510000", "广州")],
        "streets": ["长安街{n}号", "南京路{n}号", "人民大道{n}号{n}室"],
        "firms": ["{w}有限公司", "{w}集团", "{w}科技"],
        "first": "伟 芳 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明",
        "last": "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 欧阳 司马 诸葛 上官",
    },
    "es": {
        "country": "España", "domain": "es",
        "phones": ["+34 91# 000 000", "+34 6#0 00 00 00", "+34-93-#00-00-00"],
        "cities": [("28001", "Madrid"), ("08001", "Barcelona"), ("15001", "A Coruña"),
                   ("29001", "Málaga")],
        "streets": ["Calle de Alcalá, {n}, {n}º", "Plaza de España {n}", "Avda. Núñez {n}"],
        "firms": ["{w} S.L.", "Hermanos {w}", "{w} e Hijos, S.A."],
        "first": "José Íñigo Begoña Ramón Sofía Andrés Concepción Ángel Lucía Jesús Mónica "
                 "Óscar Inés Martín Verónica Adrián",
        "last": "Núñez Ibáñez Peña Muñoz Gutiérrez Fernández López Gómez Jiménez Álvarez "
                "Domínguez Vázquez Castaño Sáenz-Díez Yáñez Zúñiga",
    },
    "se": {
        "country": "Sverige", "domain": "se",
        "phones": ["+46 8 #00 000 00", "+46 70-#00 00 00", "+46 31 #0 00 00"],
        "cities": [("111 22", "Stockholm"), ("411 05", "Göteborg"), ("211 20", "Malmö")],
        "streets": ["Östra Ågatan {n}", "Kungsgatan {n} B", "Björkvägen {n}"],
        "firms": ["{w} AB", "{w} Handelsbolag", "Ateljé {w}"],
        "first": "Åsa Göran Märta Björne Åke Pär Kerstin Håkan Malin Örjan Linnéa Ulf Majken Stig",
        "last": "Åkesson Lindström Sjöberg Öberg Nyström Bergqvist Hägg Ström Sandén Falk "
                "Norén Wikström Ängström Holmgren",
    },
}

TITLES = ["CEO", "Head of Purchasing", "Geschäftsführer", "Directrice, Achats", "IT",
          "VP, Sales & Marketing", "Buyer", "Owner", "Assistant to the Board; Events",
          "Инженер", "部長", 'Engineer "on call"', "Product Manager", "CTO"]

# {d} is a date; the spellings are text here and must arrive as they are
NOTES = [
    "Met at the fair on {d}; asked for a quote.",
    "Call back after {d}, mornings only.",
    'Said: "send it again, please", then hung up.',
    "First line\nsecond line ({d})\nthird, with a comma; and a semicolon",
    "Windows made this\r\nof two lines\r\n\r\nand a blank one",
    "Budget 10,000–15,000; decision until {d} 🎯",
    "Sehr nett ☕ – hat Äpfel, Öl & Übermut bestellt",
    "Прислать каталог до {d}",
    "資料を送る({d})👍🏽",
    "Path C:\\leads\\2024\\new, tab\there",
    "-5 % if ordered before {d}",
    '"quoted from the first word", and to the ""last""',
    "family emoji 👨‍👩‍👧‍👦 and a flag 🇪🇺",
    "a no-break space: 10\u00a0km, an en dash – and an ellipsis …",
]
DATES = ["2024-03-31", "31.03.2024", "3/31/2024", "31/03/24", "March 31st, 2024",
         "31. März 2024", "2024-W13-7", "20240331", "31-Mar-24 14:05", "2024-03-31T02:30:00Z"]

"""hostile.py - records of every field type, with values that are out to break a CSV
file, for the test server with custom fields."""

TEXTS = ["quote \" and 'single'", "line one\nline two", "cr\r\nlf", "=1+1", "+49 30",
         "-x", "@home", "007", "  blanks around  ", "a,b;c\td", "ünïcödé 😀", "\\N", "null",
         "x" * 10000, "y" * 25000, "\ufeffbom", "tab\tend", "percent %20 & <b>", "NaN", "-",
         "0", "false", "[\"looks\",\"like\"]", "{\"json\":1}", "1e5", "ends with \\"]

LEADS = [
    {"lastName": f"T{i}", "description": text} for i, text in enumerate(TEXTS)
] + [
    {"lastName": "Street", "addressStreet": "Road 1\nBack yard"},
    {"lastName": "Numbers", "cCInt": 7, "cCFloat": 0.1, "opportunityAmount": 1234.56,
     "opportunityAmountCurrency": "USD", "cCDecimal": "12.3400"},
    {"lastName": "Small", "cCFloat": 1e-7, "cCInt": 0, "cCDecimal": "0.1"},
    {"lastName": "Large", "cCFloat": 123456789012345.0, "cCInt": 100},
    {"lastName": "Negative", "cCFloat": -2.5},
    {"lastName": "Lists", "cCMulti": ["Red", "Blue"],
     "cCArray": ["a, b", "c;d", "[e]", "f \"g\"", "plain"], "cCChecklist": ["A"],
     "cCUrls": ["https://a.example/x,y", "https://b.example"]},
    {"lastName": "One", "cCArray": ["with, comma"], "cCMulti": ["Green"]},
    {"lastName": "Bracket", "cCArray": ["[x"]},
    {"lastName": "Times", "cCDate": "2026-02-28", "cCDateTime": "2026-10-25 00:30:00"},
    {"lastName": "Old", "cCDate": "1000-01-01", "cCDateTime": "9998-12-31 23:59:59"},
    {"lastName": "Bools", "doNotCall": True, "emailAddress": "b@x.example",
     "emailAddressIsOptedOut": True},
    {"lastName": "Enums", "status": "In Process", "source": "Web Site",
     "salutationName": "Dr."},
    {"lastName": "Urls", "website": "https://x.example/a?b=c&d=%C3%A4"},
    {"lastName": "Phone", "phoneNumber": "+493012345678"},
    {"lastName": "Empty", "description": "", "cCArray": [], "title": None},
    {"firstName": "Only", "lastName": "First and last", "middleName": "M"},
    {"lastName": "Id", "cCExt": "00012", "cCReq": "ABC"},
]

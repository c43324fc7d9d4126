// phone_libphonenumber.cc - phone.h's library half: parses with Google's libphonenumber.
//
// The only C++ of the project. No exception leaves it. Asks what EspoCRM asks (it uses
// the PHP port): is the number possible, and what is its E.164 form? Stricter in one
// thing: a number without its area code is refused.
#include <phonenumbers/phonenumberutil.h>

#include <cctype>
#include <cstring>
#include <exception>
#include <new>
#include <string>

extern "C" {
#include "model/phone.h"
}

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

phone_result of_error(PhoneNumberUtil::ErrorType error) {
    switch (error) {
    case PhoneNumberUtil::NO_PARSING_ERROR: return PHONE_OK;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR: return PHONE_BAD_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN: return PHONE_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG_NSN: return PHONE_TOO_LONG;
    case PhoneNumberUtil::NOT_A_NUMBER: break;
    }
    return PHONE_NO_NUMBER;
}

phone_result of_length(PhoneNumberUtil::ValidationResult result) {
    switch (result) {
    case PhoneNumberUtil::IS_POSSIBLE: return PHONE_OK;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY: return PHONE_TOO_SHORT; // no area code
    case PhoneNumberUtil::INVALID_COUNTRY_CODE: return PHONE_BAD_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT: return PHONE_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG: return PHONE_TOO_LONG;
    case PhoneNumberUtil::INVALID_LENGTH: break;
    }
    return PHONE_IMPOSSIBLE;
}

// Letters are digits to the library (1-800-FLOWERS); in a CRM's file they are mistakes.
bool has_letters(const std::string &text) {
    std::string::size_type end = text.find("ext");
    if (end == std::string::npos)
        end = text.find_first_of("xX");
    for (std::string::size_type i = 0; i < text.size() && i < end; i++)
        if (std::isalpha(static_cast<unsigned char>(text[i])))
            return true;
    return false;
}

phone_result parse(const std::string &text, const char *country, char *out,
                   char *extension) {
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    std::string formatted;
    phone_result result;

    if (has_letters(text))
        return PHONE_NO_NUMBER;
    result = of_error(util->Parse(text, country == nullptr ? "ZZ" : country, &number));
    if (result != PHONE_OK)
        return result;
    result = of_length(util->IsPossibleNumberWithReason(number));
    if (result != PHONE_OK)
        return result;
    if (number.has_extension() && !number.extension().empty()) {
        std::strncpy(extension, number.extension().c_str(), 15);
        extension[15] = '\0';
        number.clear_extension();
    }
    util->Format(number, PhoneNumberUtil::E164, &formatted);
    if (formatted.size() >= PHONE_SIZE)
        return PHONE_TOO_LONG;
    std::memcpy(out, formatted.c_str(), formatted.size() + 1);
    return extension[0] != '\0' ? PHONE_HAS_EXTENSION : PHONE_OK;
}

} // namespace

extern "C" phone_result phone_library_parse(slice text, const char *country,
                                            char out[PHONE_SIZE], char extension[16]) {
    try {
        return parse(std::string(text.data, text.len), country, out, extension);
    } catch (const std::bad_alloc &) {
        return PHONE_NO_MEMORY;
    } catch (const std::exception &) {
        return PHONE_NO_NUMBER;
    }
}

extern "C" bool phone_library_country(const char *country) {
    try {
        return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(country) != 0;
    } catch (const std::exception &) {
        return false;
    }
}

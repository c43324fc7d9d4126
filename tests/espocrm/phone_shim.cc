// libphonenumber behind two C functions. Built only where the library is installed.
#include "phone_shim.h"

#include <cstring>
#include <string>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

int phone_shim_e164(const char *in, const char *region, char *out, size_t size) {
    PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    if (util->Parse(in, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return -1;
    std::string text;
    util->Format(number, PhoneNumberUtil::E164, &text);
    if (text.size() + 1 > size)
        return -1;
    std::memcpy(out, text.c_str(), text.size() + 1);
    return 0;
}

int phone_shim_possible(const char *in) {
    PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    if (util->Parse(in, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return 0;
    return util->IsPossibleNumber(number) ? 1 : 0;
}

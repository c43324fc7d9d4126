/* phone_table.c - lengths of national numbers by calling code, after ITU-T E.164 and
 * libphonenumber's metadata ("possible" numbers), of the countries most files hold.
 *
 * Says yes only where it is sure: a number whose national part begins as a trunk prefix
 * does is left to others. Does not know which ranges are in use.
 */
#include "model/phone.h"

#include <stdint.h>

struct country {
    const char *code;   /* calling code */
    uint32_t lengths;   /* bit n is set: national numbers of n digits are possible */
    const char *prefix; /* what a national number does not begin with, parted by blanks */
};

/* clang-format off */
static const struct country countries[] = {
    {"1", 0x0400, "0 1"}, /* North America: 10 */
    {"20", 0x0700, "0"}, /* Egypt: 8, 9, 10 */
    {"212", 0x0200, "0"}, /* Morocco: 9 */
    {"213", 0x0300, "0"}, /* Algeria: 8, 9 */
    {"216", 0x0100, "0"}, /* Tunisia: 8 */
    {"218", 0x0200, "0"}, /* Libya: 9 */
    {"220", 0x0080, "0"}, /* Gambia: 7 */
    {"221", 0x0200, "0"}, /* Senegal: 9 */
    {"225", 0x0400, "0"}, /* Ivory Coast: 10 */
    {"233", 0x0300, "0"}, /* Ghana: 8, 9 */
    {"234", 0x7D80, "0"}, /* Nigeria: 7, 8, 10, 11, 12, 13, 14 */
    {"237", 0x0300, "0"}, /* Cameroon: 8, 9 */
    {"243", 0x0280, "0"}, /* Congo: 7, 9 */
    {"251", 0x0200, "0"}, /* Ethiopia: 9 */
    {"254", 0x0780, "0"}, /* Kenya: 7, 8, 9, 10 */
    {"255", 0x0200, "0"}, /* Tanzania: 9 */
    {"256", 0x0200, "0"}, /* Uganda: 9 */
    {"260", 0x0200, "0"}, /* Zambia: 9 */
    {"263", 0x07E0, "0"}, /* Zimbabwe: 5, 6, 7, 8, 9, 10 */
    {"27", 0x07E0, "0"}, /* South Africa: 5, 6, 7, 8, 9, 10 */
    {"30", 0x1C00, "0"}, /* Greece: 10, 11, 12 */
    {"31", 0x0FE0, "0"}, /* Netherlands: 5, 6, 7, 8, 9, 10, 11 */
    {"32", 0x0300, "0"}, /* Belgium: 8, 9 */
    {"33", 0x0200, "0"}, /* France: 9 */
    {"34", 0x0200, "0"}, /* Spain: 9 */
    {"351", 0x0200, "0"}, /* Portugal: 9 */
    {"352", 0x0FF0, "0 1"}, /* Luxembourg: 4, 5, 6, 7, 8, 9, 10, 11 */
    {"353", 0x0780, "0"}, /* Ireland: 7, 8, 9, 10 */
    {"354", 0x0280, "0"}, /* Iceland: 7, 9 */
    {"355", 0x03C0, "0"}, /* Albania: 6, 7, 8, 9 */
    {"356", 0x0100, "0"}, /* Malta: 8 */
    {"357", 0x0100, "0"}, /* Cyprus: 8 */
    {"358", 0x1FE0, "0"}, /* Finland: 5, 6, 7, 8, 9, 10, 11, 12 */
    {"359", 0x03C0, "0"}, /* Bulgaria: 6, 7, 8, 9 */
    {"36", 0x0300, "0"}, /* Hungary: 8, 9 */
    {"370", 0x0100, "0 8"}, /* Lithuania: 8 */
    {"371", 0x0100, "0"}, /* Latvia: 8 */
    {"372", 0x0580, "0"}, /* Estonia: 7, 8, 10 */
    {"373", 0x0100, "0"}, /* Moldova: 8 */
    {"374", 0x0100, "0"}, /* Armenia: 8 */
    {"375", 0x0FC0, "0 8"}, /* Belarus: 6, 7, 8, 9, 10, 11 */
    {"376", 0x0340, "0"}, /* Andorra: 6, 8, 9 */
    {"377", 0x0300, "0"}, /* Monaco: 8, 9 */
    {"380", 0x0600, "0"}, /* Ukraine: 9, 10 */
    {"381", 0x1FC0, "0"}, /* Serbia: 6, 7, 8, 9, 10, 11, 12 */
    {"382", 0x0300, "0"}, /* Montenegro: 8, 9 */
    {"385", 0x03C0, "0"}, /* Croatia: 6, 7, 8, 9 */
    {"386", 0x01E0, "0"}, /* Slovenia: 5, 6, 7, 8 */
    {"387", 0x0300, "0"}, /* Bosnia and Herzegovina: 8, 9 */
    {"389", 0x0100, "0"}, /* North Macedonia: 8 */
    {"39", 0x1FC0, ""}, /* Italy: 6, 7, 8, 9, 10, 11, 12 */
    {"40", 0x0240, "0"}, /* Romania: 6, 9 */
    {"41", 0x1200, "0"}, /* Switzerland: 9, 12 */
    {"420", 0x1E00, "0"}, /* Czechia: 9, 10, 11, 12 */
    {"421", 0x02C0, "0"}, /* Slovakia: 6, 7, 9 */
    {"423", 0x0280, "0 1"}, /* Liechtenstein: 7, 9 */
    {"43", 0x3FF0, "0"}, /* Austria: 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 */
    {"44", 0x0680, "0"}, /* United Kingdom: 7, 9, 10 */
    {"45", 0x0100, "0"}, /* Denmark: 8 */
    {"46", 0x17C0, "0"}, /* Sweden: 6, 7, 8, 9, 10, 12 */
    {"47", 0x0120, "0"}, /* Norway: 5, 8 */
    {"48", 0x07C0, "0"}, /* Poland: 6, 7, 8, 9, 10 */
    {"49", 0xFFF0, "0"}, /* Germany: 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 */
    {"501", 0x0880, "0"}, /* Belize: 7, 11 */
    {"502", 0x0900, "0"}, /* Guatemala: 8, 11 */
    {"503", 0x0980, "0"}, /* El Salvador: 7, 8, 11 */
    {"504", 0x0900, "0"}, /* Honduras: 8, 11 */
    {"505", 0x0100, "0"}, /* Nicaragua: 8 */
    {"506", 0x0500, "0 1"}, /* Costa Rica: 8, 10 */
    {"507", 0x0D80, "0"}, /* Panama: 7, 8, 10, 11 */
    {"509", 0x0100, "0"}, /* Haiti: 8 */
    {"51", 0x0300, "0"}, /* Peru: 8, 9 */
    {"52", 0x0C00, "0 1"}, /* Mexico: 10, 11 */
    {"55", 0x0F00, "0 90"}, /* Brazil: 8, 9, 10, 11 */
    {"56", 0x0E00, "0"}, /* Chile: 9, 10, 11 */
    {"57", 0x0C00, "0"}, /* Colombia: 10, 11 */
    {"58", 0x0400, "0"}, /* Venezuela: 10 */
    {"590", 0x0200, "0"}, /* Guadeloupe: 9 */
    {"591", 0x0300, "0"}, /* Bolivia: 8, 9 */
    {"592", 0x0080, "0"}, /* Guyana: 7 */
    {"593", 0x0F00, "0"}, /* Ecuador: 8, 9, 10, 11 */
    {"594", 0x0200, "0"}, /* French Guiana: 9 */
    {"595", 0x0FC0, "0"}, /* Paraguay: 6, 7, 8, 9, 10, 11 */
    {"597", 0x00C0, "0"}, /* Suriname: 6, 7 */
    {"598", 0x0580, "0"}, /* Uruguay: 7, 8, 10 */
    {"60", 0x0700, "0"}, /* Malaysia: 8, 9, 10 */
    {"61", 0x17E0, "0 183"}, /* Australia: 5, 6, 7, 8, 9, 10, 12 */
    {"62", 0x3F80, "0"}, /* Indonesia: 7, 8, 9, 10, 11, 12, 13 */
    {"63", 0x3F40, "0"}, /* Philippines: 6, 8, 9, 10, 11, 12, 13 */
    {"64", 0x07E0, "0"}, /* New Zealand: 5, 6, 7, 8, 9, 10 */
    {"65", 0x0D00, "0"}, /* Singapore: 8, 10, 11 */
    {"66", 0x2700, "0"}, /* Thailand: 8, 9, 10, 13 */
    {"673", 0x0080, "0"}, /* Brunei: 7 */
    {"675", 0x0180, "0"}, /* Papua New Guinea: 7, 8 */
    {"679", 0x0880, "0"}, /* Fiji: 7, 11 */
    {"7", 0x4400, "0 8"}, /* Russia, Kazakhstan: 10, 14 */
    {"81", 0xFF00, "0"}, /* Japan: 8, 9, 10, 11, 12, 13, 14, 15 */
    {"82", 0x7F60, "0 08"}, /* South Korea: 5, 6, 8, 9, 10, 11, 12, 13, 14 */
    {"84", 0x0780, "0"}, /* Vietnam: 7, 8, 9, 10 */
    {"852", 0x0BE0, "0"}, /* Hong Kong: 5, 6, 7, 8, 9, 11 */
    {"853", 0x0180, "0"}, /* Macao: 7, 8 */
    {"855", 0x0700, "0"}, /* Cambodia: 8, 9, 10 */
    {"856", 0x0700, "0"}, /* Laos: 8, 9, 10 */
    {"86", 0x1F80, "0 11 12 17"}, /* China: 7, 8, 9, 10, 11, 12 */
    {"880", 0x07C0, "0"}, /* Bangladesh: 6, 7, 8, 9, 10 */
    {"886", 0x0F80, "0"}, /* Taiwan: 7, 8, 9, 10, 11 */
    {"90", 0x3480, "0"}, /* Turkey: 7, 10, 12, 13 */
    {"91", 0x3F00, "0"}, /* India: 8, 9, 10, 11, 12, 13 */
    {"92", 0x1F00, "0"}, /* Pakistan: 8, 9, 10, 11, 12 */
    {"93", 0x0200, "0"}, /* Afghanistan: 9 */
    {"94", 0x0200, "0"}, /* Sri Lanka: 9 */
    {"95", 0x07C0, "0"}, /* Myanmar: 6, 7, 8, 9, 10 */
    {"960", 0x0480, "0"}, /* Maldives: 7, 10 */
    {"961", 0x0180, "0"}, /* Lebanon: 7, 8 */
    {"962", 0x0300, "0"}, /* Jordan: 8, 9 */
    {"963", 0x0300, "0"}, /* Syria: 8, 9 */
    {"964", 0x0700, "0"}, /* Iraq: 8, 9, 10 */
    {"965", 0x0180, "0"}, /* Kuwait: 7, 8 */
    {"966", 0x0600, "0"}, /* Saudi Arabia: 9, 10 */
    {"967", 0x0380, "0"}, /* Yemen: 7, 8, 9 */
    {"968", 0x0380, "0"}, /* Oman: 7, 8, 9 */
    {"970", 0x0700, "0"}, /* Palestine: 8, 9, 10 */
    {"971", 0x1FE0, "0"}, /* Emirates: 5, 6, 7, 8, 9, 10, 11, 12 */
    {"972", 0x1F80, "0"}, /* Israel: 7, 8, 9, 10, 11, 12 */
    {"973", 0x0100, "0"}, /* Bahrain: 8 */
    {"974", 0x0380, "0"}, /* Qatar: 7, 8, 9 */
    {"975", 0x0180, "0"}, /* Bhutan: 7, 8 */
    {"976", 0x0700, "0"}, /* Mongolia: 8, 9, 10 */
    {"977", 0x0D00, "0"}, /* Nepal: 8, 10, 11 */
    {"98", 0x04F0, "0"}, /* Iran: 4, 5, 6, 7, 10 */
    {"992", 0x0200, "0"}, /* Tajikistan: 9 */
    {"993", 0x0100, "0 8"}, /* Turkmenistan: 8 */
    {"994", 0x0200, "0"}, /* Azerbaijan: 9 */
    {"995", 0x0200, "0"}, /* Georgia: 9 */
    {"996", 0x0600, "0"}, /* Kyrgyzstan: 9, 10 */
    {"998", 0x0200, "0 8"}, /* Uzbekistan: 9 */
};
/* clang-format on */

/* Might something have to go in front of the number? A single digit is left alone where
 * the rest would be too short to be a number. */
static bool has_prefix(const struct country *c, struct slice national) {
    const char *prefixes = c->prefix;

    while (*prefixes != '\0') {
        size_t len = strcspn(prefixes, " ");
        if (len <= national.len && memcmp(prefixes, national.data, len) == 0 &&
            (len > 1 || (c->lengths >> (national.len - 1) & 1) != 0))
            return true;
        prefixes += len;
        prefixes += *prefixes == ' ';
    }
    return false;
}

static enum phone_result judge(const struct country *c, struct slice national) {
    if (national.len > 20 || c->lengths >> national.len == 0)
        return PHONE_TOO_LONG;
    if ((c->lengths & UINT32_C(1) << national.len) == 0)
        return (c->lengths & ((UINT32_C(1) << national.len) - 1)) == 0 ? PHONE_TOO_SHORT
                                                                       : PHONE_IMPOSSIBLE;
    return has_prefix(c, national) ? PHONE_TRUNK_PREFIX : PHONE_OK;
}

enum phone_result phone_table_check(struct slice digits) {
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        const struct country *c = &countries[i];
        size_t len;
        if (digits.len < 4 || c->code[0] != digits.data[0])
            continue;
        len = strlen(c->code);
        if (memcmp(digits.data, c->code, len) == 0)
            return judge(c, slice_make(digits.data + len, digits.len - len));
    }
    return PHONE_NO_LIBRARY;
}

/* guess_words.h - names made comparable, and the words that people use for fields, for
 * parts of addresses, for options, for yes and no, for countries.
 */
#ifndef MODEL_GUESS_WORDS_H
#define MODEL_GUESS_WORDS_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum { GUESS_KEY = 96 }; /* bytes of a name that is compared */

/* The address that a part belongs to. */
enum guess_group {
    GROUP_PLAIN,
    GROUP_MAILING,
    GROUP_BUSINESS,
    GROUP_BILLING,
    GROUP_HOME,
    GROUP_OTHER,
    GROUP_SHIPPING,
    GROUPS
};

enum guess_part { PART_STREET, PART_CITY, PART_STATE, PART_POSTAL, PART_COUNTRY, PARTS };

enum phone_type {
    PHONE_TYPE_NONE,
    PHONE_TYPE_OFFICE,
    PHONE_TYPE_MOBILE,
    PHONE_TYPE_HOME,
    PHONE_TYPE_OTHER,
    PHONE_TYPE_FAX
};

/* --- guess_text.c: names, made comparable */

/* Letters and digits of name, in lower case, without marks of Latin letters; empty when
 * that is longer than GUESS_KEY. */
struct slice guess_key(struct slice name, char room[GUESS_KEY + 1]);

/* Is key one of the words of list ("first|second")? */
bool guess_is_word(const char *list, struct slice key);

/* The longest word of list that key begins or ends with, whose rest (what stands in front
 * or behind) try_rest() takes; called with that one once more at the end. Returns the
 * bytes of the word; 0 = none. */
struct guess_rest {
    struct slice front, behind;
};
size_t guess_longest(const char *list, struct slice key,
                     bool (*try_rest)(void *context, const struct guess_rest *rest),
                     void *context);

/* --- guess_words.c: words that people use, in English, German, French and Spanish */

struct guess_words {
    const char *field; /* attribute */
    const char *words;
};
extern const struct guess_words guess_field_words[]; /* field NULL at the end */
extern const char *const guess_company_words;
extern const char *const guess_full_name_words;
extern const char *const guess_house_words;
extern const char *const guess_email_words;
extern const char *const guess_part_words[PARTS];
extern const char *const guess_group_words[GROUPS];

/* The type of a phone number that a qualifier ("work") names; false = no such word. */
bool guess_phone_qualifier(struct slice word, enum phone_type *type);
bool guess_email_qualifier(struct slice word);
extern const char *const guess_phone_words[3]; /* any, mobile, fax */

/* The option of a field that is called so elsewhere; empty for one that has no
 * counterpart. */
bool guess_option_word(const char *field, struct slice key, struct slice *option);

/* 1 yes, -1 no, 0 neither; *usual: a mapping knows the word without being told. */
int guess_bool_word(const char *text, bool *usual);

/* "DE" of "Germany", "Deutschland", "DEU"; NULL = not known. */
const char *guess_country(struct slice key);

bool guess_is_salutation(struct slice key);

#endif

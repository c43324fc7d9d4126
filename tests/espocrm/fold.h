/*
 * Text comparison as MariaDB's utf8mb4_unicode_ci does it, near enough for tests: case
 * and Latin accents do not count, nor do trailing blanks.
 */
#ifndef ESPOCRM_FOLD_H
#define ESPOCRM_FOLD_H

#include <sqlite3.h>
#include <stddef.h>

/* Compares two UTF-8 texts without case and accents; the sign is the order. */
int fold_compare(const char *a, size_t na, const char *b, size_t nb);

/* Registers the collation UCI and replaces LIKE by one that folds. Returns an
 * SQLite code. */
int fold_register(sqlite3 *db);

#endif

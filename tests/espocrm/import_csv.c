/*
 * Reading CSV the way the original does. Promises its oddities: a cell exists only
 * once an ordinary character was put into it, so empty cells at the end of a row are
 * not there and a row of separators is as good as the end of the file.
 */
#include "import_csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CELLS 1000

char *import_csv_prepare(const char *s, size_t n, size_t *len) {
    char *out = mem_alloc(n + 1);
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
            continue;
        out[o++] = s[i] == '\r' ? '\n' : s[i];
    }
    out[o] = '\0';
    *len = o;
    return out;
}

struct row {
    struct buf cell[MAX_CELLS];
    size_t at, n; /* n: one past the last cell that exists */
};

static void put(struct row *r, char ch) {
    if (r->at >= MAX_CELLS)
        return;
    buf_add(&r->cell[r->at], &ch, 1);
    if (r->at >= r->n)
        r->n = r->at + 1;
}

static void read_row(struct import_csv *csv, struct row *r) {
    bool inside = false,
         closed = false; /* closed: the character before was a closing quote */
    while (csv->pos < csv->len) {
        char ch = csv->text[csv->pos++];
        if (ch == '\n' && !inside)
            return;
        if (ch == csv->separator && !inside) {
            r->at++;
            closed = false;
        } else if (ch == csv->quote) {
            if (closed)
                put(r, csv->quote);
            closed = inside;
            inside = !inside;
        } else {
            if (closed && ch != '\n' && ch != csv->separator) {
                put(r, csv->quote);
                closed = false;
            }
            put(r, ch);
        }
    }
}

json_t *import_csv_row(struct import_csv *csv) {
    struct row *r = mem_zero(sizeof *r);
    read_row(csv, r);
    json_t *out = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(
            out, json_stringn_nocheck(r->cell[i].p ? r->cell[i].p : "", r->cell[i].len));
    for (size_t i = 0; i < MAX_CELLS; i++)
        buf_free(&r->cell[i]);
    free(r);
    return out;
}

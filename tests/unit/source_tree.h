/* source_tree.h - the project's own files as text, for the tests that look at them:
 * every file below a folder, line by line, with comments and literals blanked where they
 * are not meant.
 */
#ifndef UNIT_SOURCE_TREE_H
#define UNIT_SOURCE_TREE_H

#include <fts.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_FILES_MAX = 2000, TREE_FILE_SIZE_MAX = 4 << 20 };

struct tree_file {
    char *path;  /* below the project: "core/base/err.h" */
    char *text;  /* terminated */
    size_t size; /* of text */
};

struct tree {
    struct tree_file files[TREE_FILES_MAX]; /* sorted by path */
    size_t count;
};

static inline bool tree_ends_with(const char *text, const char *tail) {
    size_t len = strlen(text), n = strlen(tail);
    return len >= n && strcmp(text + len - n, tail) == 0;
}

/* suffixes: "|.c|.h|CMakeLists.txt|" */
static inline bool tree_has_suffix(const char *path, const char *suffixes) {
    char list[256];
    char *rest = list;
    char *one;
    snprintf(list, sizeof list, "%s", suffixes);
    while ((one = strsep(&rest, "|")) != NULL)
        if (one[0] != '\0' && tree_ends_with(path, one))
            return true;
    return false;
}

static inline char *tree_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    char *text = malloc(TREE_FILE_SIZE_MAX + 1);
    if (file == NULL || text == NULL)
        abort();
    *size = fread(text, 1, TREE_FILE_SIZE_MAX, file);
    text[*size] = '\0';
    fclose(file);
    char *fitted = realloc(text, *size + 1);
    return fitted == NULL ? text : fitted;
}

static inline int tree_by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Adds the files below PROJECT_SOURCE/folder. What somebody built or hid there (build,
 * .git) is passed over. */
static inline void tree_add(struct tree *tree, const char *folder, const char *suffixes) {
    char root[1024];
    snprintf(root, sizeof root, "%s/%s", PROJECT_SOURCE, folder);
    char *const roots[] = {root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, tree_by_name);
    FTSENT *entry;
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        bool hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';
        if (entry->fts_info == FTS_D && (hidden || strcmp(entry->fts_name, "build") == 0))
            fts_set(walk, entry, FTS_SKIP);
        if (entry->fts_info != FTS_F || hidden ||
            !tree_has_suffix(entry->fts_path, suffixes))
            continue;
        if (tree->count == TREE_FILES_MAX)
            abort();
        struct tree_file *file = &tree->files[tree->count++];
        const char *below = entry->fts_path + strlen(PROJECT_SOURCE);
        file->path = strdup(below + strspn(below, "/"));
        file->text = tree_read(entry->fts_path, &file->size);
    }
    if (walk != NULL)
        fts_close(walk);
}

static inline void tree_free(struct tree *tree) {
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->files[i].path);
        free(tree->files[i].text);
    }
    tree->count = 0;
}

static inline const struct tree_file *tree_find(const struct tree *tree,
                                                const char *path) {
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->files[i].path, path) == 0)
            return &tree->files[i];
    return NULL;
}

/* The next line of *rest without its end, as a terminated copy cut at size; false at the
 * end of the text. *len is its whole length. */
static inline bool tree_line(const char **rest, char *line, size_t size, size_t *len) {
    if (**rest == '\0')
        return false;
    *len = strcspn(*rest, "\n");
    snprintf(line, size, "%.*s", (int)(*len < size ? *len : size - 1), *rest);
    *rest += *len + ((*rest)[*len] == '\n');
    return true;
}

enum tree_part { TREE_CODE, TREE_LINE_COMMENT, TREE_COMMENT, TREE_STRING, TREE_CHAR };

/* Which part of C begins at text, coming from part; *skip = further bytes that belong to
 * the mark. */
static inline enum tree_part tree_next_part(enum tree_part part, const char *text,
                                            size_t *skip) {
    *skip = 0;
    switch (part) {
    case TREE_CODE:
        if (text[0] == '"')
            return TREE_STRING;
        if (text[0] == '\'')
            return TREE_CHAR;
        if (text[0] == '/' && (text[1] == '/' || text[1] == '*')) {
            *skip = 1;
            return text[1] == '/' ? TREE_LINE_COMMENT : TREE_COMMENT;
        }
        return part;
    case TREE_LINE_COMMENT: return text[0] == '\n' ? TREE_CODE : part;
    case TREE_COMMENT:
        *skip = text[0] == '*' && text[1] == '/';
        return *skip != 0 ? TREE_CODE : part;
    case TREE_STRING:
    case TREE_CHAR:
        *skip = text[0] == '\\' && text[1] != '\0';
        return text[0] == (part == TREE_STRING ? '"' : '\'') ? TREE_CODE : part;
    }
    return part;
}

/* A copy of C source in which comments (and literals too, when asked) are blanks; line
 * ends stay. The caller frees it. */
static inline char *tree_blank(const char *text, bool literals) {
    char *out = strdup(text);
    enum tree_part part = TREE_CODE;
    if (out == NULL)
        abort();
    for (size_t i = 0; text[i] != '\0'; i++) {
        size_t skip = 0;
        enum tree_part was = part;
        part = tree_next_part(part, text + i, &skip);
        enum tree_part seen = was == TREE_CODE ? part : was;
        bool comment = seen == TREE_COMMENT || seen == TREE_LINE_COMMENT;
        bool literal = seen == TREE_STRING || seen == TREE_CHAR;
        for (size_t end = i + skip; i <= end; i++)
            if ((comment || (literal && literals)) && text[i] != '\n')
                out[i] = ' ';
        i--;
    }
    return out;
}

#endif

/* reconcile_html.c - the differences as one page that needs nothing else: filters by
 * class and field, a search, old and new side by side.
 *
 * The differences are in the page as JSON; its script shows a hundred of them at a
 * time, so that tens of thousands are no burden. Texts are cut, which the page says.
 */
#include "flow/reconcile_files_private.h"

#include "base/outfile.h"
#include "base/utf8.h"

enum { SHOWN_CHARACTERS = 1000, ITEM_MAX = 64 << 20 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<title>Differences</title>\n<style>\n"
    ":root{color-scheme:light dark;--old:#fdd;--new:#dfd;--line:#ccc}\n"
    "@media(prefers-color-scheme:dark){:root{--old:#522;--new:#252;--line:#555}}\n"
    "body{font:14px/1.4 system-ui,sans-serif;margin:1rem}\n"
    "table{border-collapse:collapse;width:100%;table-layout:fixed}\n"
    "th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap}\n"
    "th:nth-child(1){width:9rem}th:nth-child(2){width:5rem}th:nth-child(3){width:12rem}\n"
    "th:nth-child(4){width:11rem}td.o{background:var(--old)}td.n{background:var(--new)}\n"
    "form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin:.75rem 0}\n"
    "thead th{position:sticky;top:0;background:Canvas}nav{margin:.75rem 0}\n"
    "</style></head><body>\n<h1 id=\"t\">Differences</h1><p id=\"s\"></p>\n"
    "<form id=\"f\"><label>Class <select id=\"c\"></select></label>"
    "<label>Field <select id=\"d\"></select></label>"
    "<label>Search <input id=\"q\" type=\"search\"></label></form>\n"
    "<nav><button id=\"p\">previous</button> <span id=\"w\"></span> "
    "<button id=\"x\">next</button></nav>\n"
    "<table><thead><tr><th>class</th><th>line</th><th>id</th><th>field</th>"
    "<th>EspoCRM</th><th>file</th></tr></thead><tbody id=\"b\"></tbody></table>\n"
    "<script type=\"application/json\" id=\"data\">";

static const char tail[] =
    "</script>\n<script>\n\"use strict\";\n"
    "const D=JSON.parse(document.getElementById(\"data\").textContent);\n"
    "const $=i=>document.getElementById(i),N=100;let page=0,hits=[];\n"
    "const C=[\"equal\",\"different\",\"only in the file\",\"ambiguous\",\"unreadable\","
    "\"only in EspoCRM\"];\n"
    "$(\"t\").textContent=D.title;document.title=D.title;\n"
    "$(\"s\").textContent=D.summary;\n"
    "function choose(s,all,list){s.append(new Option(all,\"\"));"
    "for(const [v,t] of list)s.append(new Option(t,v));}\n"
    "const per={},field={};for(const r of D.rows){per[r[0]]=(per[r[0]]||0)+1;"
    "if(r[0]===1)for(const x of r[3])field[x[0]]=(field[x[0]]||0)+1;}\n"
    "choose($(\"c\"),\"all\",Object.keys(per).map(k=>[k,C[k]+\" (\"+per[k]+\")\"]));\n"
    "choose($(\"d\"),\"all\",Object.keys(field).map(k=>[k,D.fields[k]+\" (\"+field[k]+"
    "\")\"]));\n"
    "function find(){const c=$(\"c\").value,d=$(\"d\").value,"
    "q=$(\"q\").value.toLowerCase();page=0;\n"
    "hits=D.rows.filter(r=>(c===\"\"||r[0]==c)&&(d===\"\"||(r[0]===1&&"
    "r[3].some(x=>x[0]==d)))&&(q===\"\"||(r[1]+\" \"+r[2]+\" \"+r[3].map(x=>(x[1]||\"\")+"
    "\" \"+(x[2]||\"\")).join(\" \")).toLowerCase().includes(q)));show();}\n"
    "function cell(tr,text,kind,span){const td=document.createElement(\"td\");"
    "td.textContent=text;if(kind)td.className=kind;if(span>1)td.rowSpan=span;"
    "tr.append(td);}\n"
    "function show(){const b=$(\"b\"),d=$(\"d\").value;b.replaceChildren();\n"
    "for(const r of hits.slice(page*N,page*N+N)){\n"
    "const v=r[0]===1&&d!==\"\"?r[3].filter(x=>x[0]==d):r[3],n=Math.max(1,v.length);\n"
    "for(let i=0;i<n;i++){const tr=document.createElement(\"tr\"),x=v[i];\n"
    "if(i===0){cell(tr,C[r[0]],\"\",n);cell(tr,r[1]||\"\",\"\",n);cell(tr,r[2],\"\",n);}"
    "\n"
    "cell(tr,x&&x[0]>=0?D.fields[x[0]]:\"\");"
    "cell(tr,x?x[1]:\"\",x&&x[1]!==\"\"?\"o\":\"\");"
    "cell(tr,x?x[2]:\"\",x&&x[2]!==\"\"?\"n\":\"\");b.append(tr);}}\n"
    "const last=Math.max(0,Math.ceil(hits.length/N)-1);\n"
    "$(\"w\").textContent=hits.length+\" of \"+D.rows.length+\", page \"+(page+1)+\" of "
    "\"+"
    "(last+1);$(\"p\").disabled=page===0;$(\"x\").disabled=page>=last;}\n"
    "$(\"f\").addEventListener(\"input\",find);"
    "$(\"f\").addEventListener(\"submit\",e=>e.preventDefault());\n"
    "$(\"p\").onclick=()=>{page--;show();};$(\"x\").onclick=()=>{page++;show();};find();"
    "\n"
    "</script></body></html>\n";

struct page {
    struct reconcile_output *out;
    struct outfile *file;
    struct buf item; /* scratch: JSON of one row */
    bool any;
};

/* A JSON string that cannot end the script that it stands in. */
static int append_text(struct page *page, struct slice text) {
    size_t from = page->item.len, at;

    if (json_append_string(&page->item, text) < 0)
        return page->item.failed;
    for (at = from; at < page->item.len; at++)
        if (page->item.data[at] == '<') { /* \u003c */
            struct buf rest = {.max = ITEM_MAX};
            (void)buf_append(&rest, page->item.data + at + 1, page->item.len - at - 1);
            page->item.len = at;
            (void)buf_append_text(&page->item, "\\u003c");
            at = page->item.len - 1;
            (void)buf_append_slice(&page->item, buf_slice(&rest));
            buf_fini(&rest);
        }
    return page->item.failed;
}

static int append_value(struct page *page, size_t field, struct slice raw) {
    struct buf *cell = &page->out->cell;
    struct slice text;
    size_t end = 0;
    uint32_t cp;

    buf_reset(cell);
    if (reconcile_cell(page->out, field, raw, cell) < 0)
        return RC_NOMEM;
    text = buf_slice(cell);
    for (size_t n = 0; n < SHOWN_CHARACTERS && end < text.len; n++) {
        size_t bytes = utf8_decode(slice_make(text.data + end, text.len - end), &cp);
        end += bytes == 0 ? 1 : bytes;
    }
    if (end < text.len) {
        cell->len = end;
        if (buf_append_text(cell, " ... (cut)") < 0)
            return RC_NOMEM;
    }
    return append_text(page, buf_slice(cell));
}

static int append_values(struct page *page, const struct journal_found *found) {
    const struct reconcile_output *out = page->out;
    bool changed = found->pair.number > 0 && found->pair.class == PAIR_DIFFERENT;
    bool first = true;
    int rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < out->written->field_count; i++) {
        struct slice old = out->old[i], new = out->new[i];
        if (changed ? new.data == NULL : old.data == NULL &&new.data == NULL)
            continue;
        if (!changed && (old.data == NULL || slice_is(old, "null")) &&
            (new.data == NULL || slice_is(new, "null")))
            continue;
        (void)buf_append_format(&page->item, "%s[%zu,", first ? "" : ",", i);
        first = false;
        rc = append_value(page, i, old);
        (void)buf_append_char(&page->item, ',');
        if (rc == RC_OK)
            rc = append_value(page, i, new);
        (void)buf_append_char(&page->item, ']');
    }
    return rc;
}

static int append_error(void *context, const struct journal_error *error) {
    struct page *page = context;

    (void)buf_append_text(&page->item, page->item.data[page->item.len - 1] == '['
                                           ? "[-1,\"\","
                                           : ",[-1,\"\",");
    (void)append_text(page, slice_of(error->message));
    return buf_append_char(&page->item, ']');
}

static int append_reason(struct page *page, const struct journal_found *found,
                         struct err *err) {
    struct journal *journal = page->out->files->journal;
    struct buf words = {.max = 4096};
    uint64_t twin = 0;
    int rc;

    if (found->pair.class == PAIR_FAILED)
        return journal_errors(journal, found->pair.number, append_error, page, err);
    rc = journal_twin(journal, found->pair.number, &twin, err);
    if (rc == RC_OK && twin > 0)
        (void)buf_append_format(&words, "line %llu is about the same record",
                                (unsigned long long)twin);
    else
        (void)reconcile_append_ambiguous(&words, found);
    (void)buf_append_text(&page->item, "[-1,");
    (void)append_text(page, twin > 0 ? slice_make("", 0) : buf_slice(&words));
    (void)buf_append_char(&page->item, ',');
    (void)append_text(page, twin > 0 ? buf_slice(&words) : slice_make("", 0));
    (void)buf_append_char(&page->item, ']');
    buf_fini(&words);
    return rc;
}

static int put_item(struct page *page, const struct journal_found *found,
                    struct err *err) {
    bool gone = found->pair.number == 0;
    enum pair_class class = found->pair.class;
    int rc = reconcile_take(page->out, found, err);

    buf_reset(&page->item);
    (void)buf_append_format(&page->item, "%s[%d,%llu,", page->any ? ",\n" : "",
                            gone ? PAIR_CLASS_COUNT : (int)class,
                            (unsigned long long)found->pair.line);
    page->any = true;
    (void)append_text(page, found->id);
    (void)buf_append_text(&page->item, ",[");
    if (rc == RC_OK && !gone && (class == PAIR_FAILED || class == PAIR_AMBIGUOUS))
        rc = append_reason(page, found, err);
    else if (rc == RC_OK && append_values(page, found) < 0)
        rc = err_nomem(err);
    (void)buf_append_text(&page->item, "]]");
    if (rc == RC_OK && page->item.failed != RC_OK)
        rc = err_nomem(err);
    return rc == RC_OK ? outfile_write(page->file, buf_slice(&page->item), err) : rc;
}

static int put_scan(struct page *page, enum pair_scan which, struct err *err) {
    struct journal_pair_cursor *cursor = NULL;
    struct journal_found found;
    int rc = journal_pairs(page->out->files->journal, which, &cursor, err);

    while (rc == RC_OK && (rc = journal_pairs_next(cursor, &found, err)) == 1)
        rc = reconcile_shows(page->out->files->spec, found.pair.class,
                             found.pair.number == 0)
                 ? put_item(page, &found, err)
                 : RC_OK;
    journal_pairs_close(cursor);
    return rc;
}

static int put_facts(struct page *page, struct err *err) {
    const struct reconcile_files *files = page->out->files;
    const struct pair_counts *n = files->counts;
    struct buf words = {.max = 8192};

    (void)buf_append_format(&words, "%s and %s", files->job->input_name,
                            mapping_entity_type(files->job->mapping));
    buf_reset(&page->item);
    (void)buf_append_text(&page->item, "{\"title\":");
    (void)append_text(page, buf_slice(&words));
    buf_reset(&words);
    (void)buf_append_format(
        &words,
        "%llu rows compared = %llu equal + %llu different + %llu only in the file + %llu "
        "ambiguous + %llu unreadable",
        (unsigned long long)n->rows, (unsigned long long)n->by_class[PAIR_EQUAL],
        (unsigned long long)n->by_class[PAIR_DIFFERENT],
        (unsigned long long)n->by_class[PAIR_ONLY_FILE],
        (unsigned long long)n->by_class[PAIR_AMBIGUOUS],
        (unsigned long long)n->by_class[PAIR_FAILED]);
    if (files->spec->sweep)
        (void)buf_append_format(&words, "; %llu only in EspoCRM",
                                (unsigned long long)n->only_crm);
    (void)buf_append_text(&page->item, ",\"summary\":");
    (void)append_text(page, buf_slice(&words));
    (void)buf_append_text(&page->item, ",\"fields\":[");
    for (size_t i = 0; i < page->out->written->field_count; i++) {
        (void)buf_append_text(&page->item, i > 0 ? "," : "");
        (void)append_text(page, slice_of(page->out->written->fields[i].def->name));
    }
    (void)buf_append_text(&page->item, "],\"rows\":[\n");
    buf_fini(&words);
    return page->item.failed != RC_OK
               ? err_nomem(err)
               : outfile_write(page->file, buf_slice(&page->item), err);
}

int reconcile_write_html(struct reconcile_output *out, struct err *err) {
    struct page page = {.out = out, .item = {.max = ITEM_MAX}};
    const struct outfile_options options = {
        .force = out->files->spec->force, .mode = 0600, .env = out->files->env};
    struct buf *path = &out->written->html;
    int rc = RC_OK;

    path->max = 8192;
    if (buf_append_format(path, "%s.diff.html", out->files->prefix) < 0)
        return err_nomem(err);
    rc = outfile_open(&page.file, buf_text(path), &options, err);
    if (rc == RC_OK)
        rc = outfile_write(page.file, slice_of(head), err);
    if (rc == RC_OK)
        rc = put_facts(&page, err);
    if (rc == RC_OK)
        rc = put_scan(&page, SCAN_UNEQUAL, err);
    if (rc == RC_OK && out->files->spec->sweep)
        rc = put_scan(&page, SCAN_ONLY_CRM, err);
    if (rc == RC_OK)
        rc = outfile_write(page.file, slice_of("\n]}"), err);
    if (rc == RC_OK)
        rc = outfile_write(page.file, slice_of(tail), err);
    if (rc == RC_OK)
        rc = outfile_commit(page.file, err);
    outfile_close(page.file);
    buf_fini(&page.item);
    return rc;
}

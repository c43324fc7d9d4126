/* completion_bash.c - the completion for bash 4.2 and later. It does not need the package
 * bash-completion: only where the script lies is that one's custom. */
#include "cmd/completion.h"

#include "cmd/topics.h"

static const char head[] =
    "# bash completion for espoload. Written by its build from the option tables.\n\n";

/* Walks over the words before the cursor: which command is it, how many arguments does it
 * have already, does the last word want a value? Bash has made three words of --x=v. */
static const char body[] =
    "_espoload() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} command= option= word kind\n"
    "    local -i at argument=0\n"
    "    COMPREPLY=()\n"
    "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "        word=${COMP_WORDS[at]}\n"
    "        if [[ $word == '=' ]]; then\n"
    "            :\n"
    "        elif [[ -n $option ]]; then\n"
    "            option=\n"
    "        elif [[ $word == -* ]]; then\n"
    "            kind=$(_espoload_value \"$command\" \"$word\") && option=$word\n"
    "        elif [[ -z $command ]]; then\n"
    "            command=$word\n"
    "        else\n"
    "            argument+=1\n"
    "        fi\n"
    "    done\n"
    "    [[ $cur == '=' ]] && cur=\n"
    "    if [[ -n $option ]]; then\n"
    "        kind=$(_espoload_value \"$command\" \"$option\")\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        kind=$(_espoload_options \"$command\")\n"
    "    else\n"
    "        kind=$(_espoload_argument \"$command\" \"$argument\")\n"
    "    fi\n"
    "    case $kind in\n"
    "    '<file>')\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "        compopt -o filenames 2>/dev/null ;;\n"
    "    '<checkpoint>')\n"
    "        mapfile -t COMPREPLY < <(compgen -f -X '!*.checkpoint' -- \"$cur\"\n"
    "            compgen -d -- \"$cur\")\n"
    "        compopt -o filenames 2>/dev/null ;;\n"
    "    *)\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$kind\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "complete -F _espoload espoload\n";

static const char *kind_word(enum completion_kind kind) {
    return kind == COMPLETION_FILE         ? "<file>"
           : kind == COMPLETION_CHECKPOINT ? "<checkpoint>"
                                           : "";
}

static void append_names(struct buf *buf, const struct option_def *defs) {
    const char *prefix;

    for (; defs != NULL && defs->name != NULL; defs++) {
        if (defs->hidden)
            continue;
        if (defs->letter != 0)
            (void)buf_append_format(buf, " -%c", defs->letter);
        for (int i = 0; (prefix = completion_prefix(defs, i)) != NULL; i++)
            (void)buf_append_format(buf, " --%s%s", prefix, defs->name);
    }
}

static void append_options(struct buf *buf, const struct command *const *commands) {
    (void)buf_append_text(buf, "# The options of a command.\n"
                               "_espoload_options() {\n"
                               "    local all='");
    append_names(buf, global_option_defs);
    (void)buf_append_text(buf, "'\n    case $1 in\n");
    for (; *commands != NULL; commands++) {
        if ((*commands)->hidden)
            continue;
        (void)buf_append_format(buf, "    %s) echo \"$all", (*commands)->name);
        append_names(buf, (*commands)->options);
        (void)buf_append_text(buf, "\" ;;\n");
    }
    (void)buf_append_text(buf, "    *) echo \"$all\" ;;\n    esac\n}\n\n");
}

static void append_values(struct buf *buf, const char *command,
                          const struct option_def *defs) {
    for (; defs != NULL && defs->name != NULL; defs++) {
        if (defs->hidden || option_is_flag(defs))
            continue;
        (void)buf_append_text(buf, "    ");
        if (defs->letter != 0)
            (void)buf_append_format(buf, "%s:-%c | ", command, defs->letter);
        (void)buf_append_format(buf, "%s:--%s) echo '%s", command, defs->name,
                                kind_word(completion_of_option(defs)));
        for (int i = 0; defs->choices != NULL && defs->choices[i] != NULL; i++)
            (void)buf_append_format(buf, "%s%s", i > 0 ? " " : "", defs->choices[i]);
        (void)buf_append_text(buf, "' ;;\n");
    }
}

static void append_arguments(struct buf *buf, const struct command *const *commands) {
    (void)buf_append_text(buf,
                          "# What an argument of a command may be, by its number.\n"
                          "_espoload_argument() {\n    case $1:$2 in\n    :*) echo '");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            (void)buf_append_format(buf, "%s ", commands[i]->name);
    (void)buf_append_text(buf, "help' ;;\n    help:0) echo '");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            (void)buf_append_format(buf, "%s ", commands[i]->name);
    for (const struct topic *topic = topics_all(); topic->name != NULL; topic++)
        (void)buf_append_format(buf, "%s%s", topic->name, topic[1].name ? " " : "");
    (void)buf_append_text(buf, "' ;;\n");
    for (; *commands != NULL; commands++) {
        const struct command_argument *argument = (*commands)->arguments;
        for (int i = 0; argument != NULL && argument[i].name != NULL; i++) {
            const char *kind = kind_word(completion_of_argument(&argument[i]));
            if (*kind == '\0' || (*commands)->hidden)
                continue;
            (void)buf_append_format(buf, "    %s:%d) echo '%s' ;;\n", (*commands)->name,
                                    i, kind);
        }
    }
    (void)buf_append_text(buf, "    esac\n}\n\n");
}

void completion_bash(struct buf *buf, const struct command *const *commands) {
    (void)buf_append_text(buf, head);
    append_options(buf, commands);
    (void)buf_append_text(buf, "# The value of an option: words, or what kind it is; "
                               "status 1 where it takes none.\n"
                               "_espoload_value() {\n    case $1:$2 in\n");
    append_values(buf, "*", global_option_defs);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            append_values(buf, commands[i]->name, commands[i]->options);
    (void)buf_append_text(buf, "    *) return 1 ;;\n    esac\n}\n\n");
    append_arguments(buf, commands);
    (void)buf_append_text(buf, body);
}

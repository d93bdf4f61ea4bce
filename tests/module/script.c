#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_line(struct section *section, const char *line)
{
        if (section->count == LINES_MAX)
                abort();
        section->lines[section->count++] = strdup(line);
}

static struct section *section_of(struct script *script, const char *line)
{
        static const char *const names[] = {"[options]", "[set]", "[conf]", "[run]", "[prompts]", "[output]"};
        struct section *const sections[] = {&script->options, &script->set,     &script->conf,
                                            &script->run,     &script->prompts, &script->output};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(line, names[i]) == 0)
                        return sections[i];
        return NULL;
}

/* [conf] has section headings of its own: it ends at the next heading of a script. */
void read_script(const char *path, struct script *script)
{
        FILE *f = fopen(path, "r");
        struct section *section = NULL;
        char *line = NULL;
        size_t size = 0;

        if (!f) {
                perror(path);
                exit(99);
        }
        while (getline(&line, &size, f) >= 0) {
                line[strcspn(line, "\n")] = '\0';
                if (section_of(script, line))
                        section = section_of(script, line);
                else if (section && *line && (*line != '#' || section == &script->conf))
                        add_line(section, line);
                else if (!section && *line && *line != '#')
                        complain("line before the first heading: %s", line);
        }
        free(line);
        (void)fclose(f);
}

void free_script(struct script *script)
{
        struct section *const sections[] = {&script->options, &script->set,     &script->conf,
                                            &script->run,     &script->prompts, &script->output};

        for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
                for (size_t j = 0; j < sections[i]->count; j++)
                        free(sections[i]->lines[j]);
}

const char *value_of(const struct section *section, const char *name)
{
        for (size_t i = 0; i < section->count; i++) {
                const char *line = section->lines[i];
                size_t len = strlen(name);

                if (strncmp(line, name, len) == 0 && (line[len] == '\0' || strncmp(line + len, " =", 2) == 0))
                        return line[len] == '\0' || line[len + 2] == '\0' ? "" : line + len + 3;
        }
        return NULL;
}

char *conf_text(const struct script *script)
{
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        for (size_t i = 0; f && i < script->conf.count; i++)
                (void)fprintf(f, "%s\n", script->conf.lines[i]);
        if (!f || fclose(f) != 0)
                abort();
        return text;
}

/* Access to a policy that has been read. For reading see parse.c. */
#include "conf.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "pattern.h"

bool pjwt_list_has(char *const *list, const char *word)
{
        for (size_t i = 0; list && list[i]; i++)
                if (strcmp(list[i], word) == 0)
                        return true;
        return false;
}

const struct pjwt_service *pjwt_conf_service(const struct pjwt_conf *conf, const char *service)
{
        for (size_t i = 0; i < conf->service_count; i++)
                if (strcmp(conf->services[i].name, service) == 0 ||
                    pjwt_list_has(conf->services[i].also, service))
                        return &conf->services[i];
        return NULL;
}

static void free_matches(struct pjwt_match *matches, size_t count)
{
        for (size_t i = 0; i < count; i++)
                pjwt_regex_free(matches[i].regex);
}

void pjwt_conf_free(struct pjwt_conf *conf)
{
        if (!conf)
                return;
        for (size_t i = 0; i < conf->grant_count; i++)
                free_matches(conf->grants[i].matches, conf->grants[i].match_count);
        for (size_t i = 0; i < conf->service_count; i++)
                free_matches(conf->services[i].matches, conf->services[i].match_count);
        for (size_t i = 0; i < conf->text_count; i++)
                free(conf->texts[i]);
        free(conf->texts);
        pjwt_arena_free(conf->arena);
        free(conf);
}

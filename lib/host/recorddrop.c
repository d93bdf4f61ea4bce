#include "recordname.h"
#include "recordstore.h"

void pjwt_record_drop_pending(const char *run_dir, struct pjwt_process opener)
{
        char name[PJWT_RECORD_NAME];

        pjwt_recordname_of_process(opener, name);
        pjwt_recordname_remove(run_dir, PJWT_RECORD_PENDING, name);
}

void pjwt_record_drop_session(const char *run_dir, unsigned id)
{
        char name[PJWT_RECORD_NAME];

        pjwt_recordname_of_session(id, name);
        pjwt_recordname_remove(run_dir, PJWT_RECORD_SESSION, name);
}

/* Writing the files of a CSV profile. */
#ifndef OUTPUT_CSVPROFILEOUT_H
#define OUTPUT_CSVPROFILEOUT_H

#include "output/csvprofileparts.h"

/* One [file NAME] of the profile, with its further parts. As csvprofile_write(). */
int csvprofileout_file(const struct csvprofile *p, const struct csvprofile_file *f, const struct source *src, const char *dir,
                       struct err *e);

#endif

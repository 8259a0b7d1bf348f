/* The style sheet and the script of the pages. The page is whole without the script: it only sorts and filters tables, and names the run after its folder. */
#ifndef OUTPUT_HTMLASSETS_H
#define OUTPUT_HTMLASSETS_H

extern const char htmlassets_css[], htmlassets_js[];

#endif

/* process.h - what the process asks of the system before it does anything. */
#ifndef CMD_PROCESS_H
#define CMD_PROCESS_H

/* No core dump of it is written, nobody but the administrator may look into it, and its
 * memory stays as small as what it holds. Text is UTF-8, whatever the user's locale: to
 * libcurl, which asks it about names of hosts. To be called first. */
void process_prepare(void);

#endif

/* The last error of a context, in the form that sbterror hands to RMAN (which prints the text under ORA-19511). */
#ifndef ADY_ERRORS_H
#define ADY_ERRORS_H

#include "sbt_abi.h"

#include <stdbool.h>

struct failure {
  unsigned long code; /* 0: none */
  char text[SBT_ERROR_TEXT_BYTES];
};

/* Keeps code and text; a text that is too long is cut between characters. */
void failure_set(struct failure *failure, unsigned long code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps a text of `length` bytes that is not terminated. Control characters become spaces: it ends up in logs. */
void failure_set_text(struct failure *failure, unsigned long code, const char *text, size_t length);

/* `length` cut back to `limit` without splitting a UTF-8 character. */
size_t utf8_cut(const char *text, size_t length, size_t limit);

/* Overwrites secrets in a way the compiler may not leave out (explicit_bzero needs a newer libc than old Oracle hosts have). */
void wipe(void *memory, size_t length);

#endif

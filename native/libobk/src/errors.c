/* The last error of a context: one rule for length and characters, whoever wrote the text. */
#include "errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t utf8_cut(const char *text, size_t length, size_t limit)
{
  if (length <= limit)
    return length;
  size_t cut = limit;
  /* 10xxxxxx continues a character: step back to the byte that begins it. */
  while (cut > 0 && ((unsigned char)text[cut] & 0xC0u) == 0x80u)
    cut--;
  return cut;
}

void failure_set_text(struct failure *failure, unsigned long code, const char *text, size_t length)
{
  size_t kept = utf8_cut(text, length, sizeof failure->text - 1);
  memmove(failure->text, text, kept);
  failure->text[kept] = '\0';
  for (size_t i = 0; i < kept; i++)
    if ((unsigned char)failure->text[i] < 0x20u || failure->text[i] == 0x7F)
      failure->text[i] = ' ';
  failure->code = code;
}

void failure_set(struct failure *failure, unsigned long code, const char *format, ...)
{
  char text[SBT_ERROR_TEXT_BYTES + 8];
  va_list arguments;
  va_start(arguments, format);
  int wanted = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  failure_set_text(failure, code, text, wanted < 0 ? 0 : strnlen(text, sizeof text));
}

void wipe(void *memory, size_t length)
{
  volatile unsigned char *bytes = memory;
  while (length-- > 0)
    *bytes++ = 0;
}

/* What the library is told through the environment of the server process (RMAN: PARMS 'ENV=(…)'). */
#ifndef ADY_SETTINGS_H
#define ADY_SETTINGS_H

#include "errors.h"
#include "limits.h"

#include <stdint.h>

/* The SBT calls that can be counted and failed on purpose, named as RMAN's messages name them. */
enum sbt_call {
  CALL_NONE,
  CALL_BACKUP,
  CALL_CLOSE,
  CALL_COMMAND,
  CALL_END,
  CALL_INFO,
  CALL_INIT,
  CALL_READ,
  CALL_REMOVE,
  CALL_RESTORE,
  CALL_WRITE
};

const char *call_name(enum sbt_call call);

/* ADY_SBT_SIM_ERROR=<call>:<n>: the n-th call of that kind fails. */
struct simulation {
  enum sbt_call call; /* CALL_NONE: nothing is simulated */
  uint32_t at;
  uint32_t seen;
};

struct settings {
  char socket_path[ADY_SOCKET_PATH_BYTES];
  char run[ADY_RUN_BYTES];
  char channel[ADY_CHANNEL_BYTES];
  char token[ADY_TOKEN_BYTES];
};

/* Reads ADY_SOCK, ADY_TOKEN_FILE (and the token in it), ADY_RUN and ADY_CHANNEL. False: `failure` names what is wrong. */
bool settings_read(struct settings *settings, struct failure *failure);

/* The trimmed value of a variable that may be missing; false when it is missing, empty or too long. */
bool setting_optional(const char *name, char *value, size_t size);

/* Understands `<call>:<n>`; false when the text is something else. */
bool simulation_parse(struct simulation *simulation, const char *text, size_t length);

#endif

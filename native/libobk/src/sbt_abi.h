/* The shapes and numbers of Oracle's SBT 2.0 interface, in our own names: what the server process and this library agree on.
 * Facts only (order of slots, widths, tag and error numbers, limits); the static asserts hold them in place on LP64. */
#ifndef ADY_SBT_ABI_H
#define ADY_SBT_ABI_H

#include <stddef.h>

/* One element of every list in the interface. */
typedef struct {
  unsigned long tag;
  void *val;
} ady_kv;

/* Where sbtinit, and nothing else, reports its error. */
typedef struct {
  int oer;
  int oserr;
} ady_v1err;

#define SBT_PROXY_SLOTS 10

/* The order of the members is the interface. */
typedef struct {
  int (*backup)(void *ctx, unsigned long flags, char *name, ady_kv *object, size_t block_size, size_t max_size,
                unsigned int copy_no, unsigned int pool);
  int (*close2)(void *ctx, unsigned long flags);
  int (*command)(void *ctx, unsigned long flags, char *cmd);
  int (*end)(void *ctx, unsigned long flags);
  int (*error)(void *ctx, unsigned long flags, unsigned long *code, char **native, char **utf8);
  int (*info2)(void *ctx, unsigned long flags, char **names, ady_kv **info);
  int (*init2)(void *ctx, unsigned long flags, ady_kv *in, ady_kv **out);
  int (*read2)(void *ctx, unsigned long flags, void *buf);
  int (*remove2)(void *ctx, unsigned long flags, char **names);
  int (*restore)(void *ctx, unsigned long flags, char *name, size_t block_size);
  int (*write2)(void *ctx, unsigned long flags, void *buf);
  int (*proxy[SBT_PROXY_SLOTS])(void);
} ady_fptr;

_Static_assert(sizeof(void *) == 8 && sizeof(unsigned long) == 8, "the interface is described for LP64 only");
_Static_assert(sizeof(ady_kv) == 16, "list elements are 16 bytes apart");
_Static_assert(sizeof(ady_fptr) == 21 * sizeof(void *), "the table has 21 slots");
_Static_assert(offsetof(ady_fptr, write2) == 10 * sizeof(void *), "write2 is the eleventh slot");

/* Tags of the list that sbtinit returns. */
enum {
  INIT_OUT_END = 1,
  INIT_OUT_API_VERSION = 4,
  INIT_OUT_DESCRIPTION = 5,
  INIT_OUT_FUNCTIONS = 6,
  INIT_OUT_CONTEXT_BYTES = 7,
  INIT_OUT_LIBRARY_VERSION = 8,
  INIT_OUT_PROXY = 9
};

/* Tags of the object list of sbtbackup. */
enum { OBJECT_DATABASE_NAME = 2, OBJECT_DBID = 3, OBJECT_FILE_TYPE = 5, OBJECT_END = 32 };

/* Tags of the answer of sbtinfo2. */
enum {
  INFO_NAME = 1,
  INFO_METHOD = 2,
  INFO_CREATED = 3,
  INFO_EXPIRES = 4,
  INFO_LABEL = 5,
  INFO_SHARE = 6,
  INFO_ORDER = 7,
  INFO_NOT_FOUND = 8,
  INFO_COMMENT = 9,
  INFO_END = 9999
};
enum { INFO_METHOD_STREAM = 1, INFO_SHARE_MULTIPLE = 2, INFO_ORDER_RANDOM = 2 };
enum { INIT2_IN_END = 9999 };

#define SBT_API_VERSION 0x0200UL
#define SBT_CLOSE_ABORT 0x1UL
#define SBT_END_ABNORMAL 0x1UL

enum {
  SBT_FAILED = 7501,
  SBT_NOT_FOUND = 7502,
  SBT_EXISTS = 7503,
  SBT_END_OF_FILE = 7504,
  SBT_NO_PROXY = 7505,
  SBT_INIT_BAD_ARGUMENT = 7110
};

/* Sizes in bytes with the terminating NUL. */
enum {
  SBT_ERROR_TEXT_BYTES = 1024,
  SBT_HANDLE_BYTES = 512,
  SBT_DESCRIPTION_BYTES = 64,
  SBT_DATABASE_NAME_BYTES = 9,
  SBT_LABEL_BYTES = 64,
  SBT_COMMENT_BYTES = 80,
  SBT_COMMAND_BYTES = 512,
  SBT_CONTEXT_BYTES_MAX = 1048576
};

#endif

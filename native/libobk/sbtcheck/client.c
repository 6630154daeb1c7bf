/* Calls in Oracle's order, each followed by sbterror when it fails. */
#include "client.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

char failure_reason[2048];
char remark[256];
const char *handle_prefix = "sbtcheck";

void fail(const char *format, ...)
{
  if (failure_reason[0] != '\0')
    return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure_reason, sizeof failure_reason, format, arguments);
  va_end(arguments);
}

void note(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(remark, sizeof remark, format, arguments);
  va_end(arguments);
}

bool library_load(struct library *library, const char *path)
{
  static const char *const required[] = {"sbtinit", "sbtopen", "sbtclose", "sbtread", "sbtwrite", "sbtremove", "sbtinfo"};
  memset(library, 0, sizeof *library);
  library->loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  EXPECT(library->loaded != NULL, "cannot load it: %s", dlerror());
  for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
    EXPECT(dlsym(library->loaded, required[i]) != NULL, "%s is missing (Oracle would answer ORA-27212)", required[i]);
  void *symbol = dlsym(library->loaded, "sbtinit");
  memcpy(&library->sbtinit, &symbol, sizeof symbol);
  return true;
}

static void keep_property(struct library *library, const ady_kv *property)
{
  switch (property->tag) {
  case INIT_OUT_API_VERSION:
    library->api_version = *(const unsigned long *)property->val & 0xFFFFu;
    break;
  case INIT_OUT_DESCRIPTION:
    library->description = property->val;
    break;
  case INIT_OUT_FUNCTIONS:
    library->call = property->val;
    break;
  case INIT_OUT_CONTEXT_BYTES:
    library->context_bytes = *(const unsigned long *)property->val;
    break;
  case INIT_OUT_LIBRARY_VERSION:
    library->library_version = *(const unsigned long *)property->val & 0xFFFFFFFFu;
    break;
  default:
    break;
  }
}

bool library_initialise(struct library *library)
{
  ady_kv in[] = {{INIT_OUT_END, NULL}};
  ady_kv *out = NULL;
  ady_v1err error = {0, 0};
  int result = library->sbtinit(&error, in, &out);
  EXPECT(result == 0 && out != NULL, "sbtinit returned %d, error %d, errno %d", result, error.oer, error.oserr);
  for (size_t i = 0; out[i].tag != INIT_OUT_END; i++) {
    EXPECT(i < 32, "the list of sbtinit has no end");
    keep_property(library, &out[i]);
  }
  EXPECT(library->call != NULL, "sbtinit returned no function table");
  EXPECT(library->api_version == SBT_API_VERSION, "the interface version is 0x%lx, not 2.0", library->api_version);
  EXPECT(library->context_bytes > 0 && library->context_bytes <= SBT_CONTEXT_BYTES_MAX, "the context has %lu bytes",
         library->context_bytes);
  EXPECT(library->description != NULL && strlen(library->description) < SBT_DESCRIPTION_BYTES, "the description is missing or too long");
  return true;
}

bool client_create(struct client *client, const struct library *library)
{
  client->library = library;
  client->initialised = false;
  client->context = calloc(1, library->context_bytes);
  EXPECT(client->context != NULL, "no memory");
  return true;
}

bool client_begin(struct client *client, const struct library *library)
{
  ady_kv in[] = {{INIT2_IN_END, NULL}};
  ady_kv *out = NULL;
  const char *text = "";
  REQUIRE(client_create(client, library));
  if (library->call->init2(client->context, 0, in, &out) == 0) {
    client->initialised = true;
    return true;
  }
  unsigned long code = client_error(client, &text);
  fail("sbtinit2 failed: %lu %s", code, text);
  client_finish(client);
  return false;
}

void client_finish(struct client *client)
{
  if (client->context == NULL)
    return;
  if (client->library->call->end(client->context, 0) != 0)
    fail("sbtend failed");
  free(client->context);
  client->context = NULL;
}

unsigned long client_error(struct client *client, const char **text)
{
  unsigned long code = 0;
  char *native = NULL;
  char *utf8 = NULL;
  if (client->library->call->error(client->context, 0, &code, &native, &utf8) != 0)
    code = 0;
  if (text != NULL)
    *text = native == NULL ? "" : native;
  if (code != 0 && (native == NULL || utf8 == NULL || strlen(native) >= SBT_ERROR_TEXT_BYTES))
    fail("sbterror gave no text, or one that is too long");
  return code;
}

static bool must_work(struct client *client, int result, const char *what)
{
  const char *text = "";
  if (result == 0)
    return true;
  unsigned long code = client_error(client, &text);
  fail("%s failed: %lu %s", what, code, text);
  return false;
}

bool must_fail(struct client *client, int result, unsigned long code, const char *what)
{
  const char *text = "";
  EXPECT(result == -1, "%s returned %d instead of -1", what, result);
  unsigned long given = client_error(client, &text);
  EXPECT(given == code, "%s failed with %lu instead of %lu: %s", what, given, code, text);
  return true;
}

bool open_write(struct client *client, const char *handle, size_t block_bytes)
{
  unsigned long dbid = 1234567890;
  char database_name[] = "CHECK";
  ady_kv object[] = {{OBJECT_DATABASE_NAME, database_name}, {OBJECT_DBID, &dbid}, {OBJECT_END, NULL}};
  char name[SBT_HANDLE_BYTES];
  snprintf(name, sizeof name, "%s", handle);
  return must_work(client, client->library->call->backup(client->context, 0, name, object, block_bytes, 0, 1, 0), "sbtbackup");
}

bool open_read(struct client *client, const char *handle, size_t block_bytes)
{
  char name[SBT_HANDLE_BYTES];
  snprintf(name, sizeof name, "%s", handle);
  return must_work(client, client->library->call->restore(client->context, 0, name, block_bytes), "sbtrestore");
}

void fill_block(unsigned char *block, size_t bytes, uint64_t seed, uint64_t number)
{
  uint64_t state = seed * 0x9E3779B97F4A7C15ULL + number * 0xD1B54A32D192ED03ULL + 1;
  for (size_t at = 0; at < bytes; at += sizeof state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memcpy(block + at, &state, bytes - at < sizeof state ? bytes - at : sizeof state);
  }
}

bool write_blocks(struct client *client, size_t block_bytes, uint64_t first, uint64_t count, uint64_t seed)
{
  unsigned char *block = malloc(block_bytes);
  bool good = block != NULL;
  for (uint64_t number = first; good && number < first + count; number++) {
    fill_block(block, block_bytes, seed, number);
    good = must_work(client, client->library->call->write2(client->context, 0, block), "sbtwrite2");
  }
  free(block);
  return good;
}

bool read_blocks(struct client *client, size_t block_bytes, uint64_t first, uint64_t count, uint64_t seed)
{
  unsigned char *expected = malloc(block_bytes);
  unsigned char *block = malloc(block_bytes);
  bool good = expected != NULL && block != NULL;
  for (uint64_t number = first; good && number < first + count; number++) {
    memset(block, 0, block_bytes);
    fill_block(expected, block_bytes, seed, number);
    good = must_work(client, client->library->call->read2(client->context, 0, block), "sbtread2");
    if (good && memcmp(block, expected, block_bytes) != 0) {
      fail("block %llu came back different", (unsigned long long)number);
      good = false;
    }
  }
  free(block);
  free(expected);
  return good;
}

bool close_piece(struct client *client, unsigned long flags)
{
  return must_work(client, client->library->call->close2(client->context, flags), "sbtclose2");
}

static bool keep_text(char *to, size_t size, const void *value, const char *what)
{
  EXPECT(value != NULL && strnlen(value, size) < size, "sbtinfo2 gave no %s, or one that is too long", what);
  memcpy(to, value, strlen(value) + 1);
  return true;
}

static bool keep_element(struct piece_info *info, const ady_kv *element, unsigned *seen)
{
  if (element->tag < 32)
    *seen |= 1u << element->tag;
  switch (element->tag) {
  case INFO_NOT_FOUND:
    info->found = false;
    return true;
  case INFO_LABEL:
    return keep_text(info->label, sizeof info->label, element->val, "label");
  case INFO_COMMENT:
    return keep_text(info->comment, sizeof info->comment, element->val, "comment");
  case INFO_CREATED:
    EXPECT(element->val != NULL, "sbtinfo2 gave no creation time");
    info->created_at = (long)*(const time_t *)element->val;
    return true;
  case INFO_METHOD:
  case INFO_SHARE:
  case INFO_ORDER:
    EXPECT(element->val != NULL && (*(const unsigned *)element->val == 1 || *(const unsigned *)element->val == 2),
           "sbtinfo2 gave a value outside 1 and 2 for element %lu", element->tag);
    return true;
  case INFO_EXPIRES:
    return true;
  default:
    fail("sbtinfo2 gave an unknown element %lu", element->tag);
    return false;
  }
}

bool read_info(const ady_kv *list, char **names, size_t count, struct piece_info *infos)
{
  const unsigned needed = 1u << INFO_METHOD | 1u << INFO_LABEL | 1u << INFO_SHARE | 1u << INFO_ORDER | 1u << INFO_COMMENT;
  for (size_t i = 0; i < count; i++) {
    unsigned seen = 0;
    EXPECT(list->tag == INFO_NAME && list->val != NULL && strcmp(list->val, names[i]) == 0,
           "sbtinfo2 did not begin with name %zu as it was asked (Oracle: malformed response)", i);
    infos[i] = (struct piece_info){.found = true};
    for (list++; list->tag != INFO_NAME && list->tag != INFO_END; list++)
      REQUIRE(keep_element(&infos[i], list, &seen));
    infos[i].complete = (seen & needed) == needed;
    EXPECT(!infos[i].found || infos[i].complete, "sbtinfo2 left out label, comment, method, share or order");
  }
  EXPECT(list->tag == INFO_END, "sbtinfo2 told about more pieces than were asked for");
  return true;
}

bool look_up(struct client *client, const char *handle, struct piece_info *info)
{
  char name[SBT_HANDLE_BYTES];
  snprintf(name, sizeof name, "%s", handle);
  char *names[] = {name, NULL};
  ady_kv *list = NULL;
  REQUIRE(must_work(client, client->library->call->info2(client->context, 0, names, &list), "sbtinfo2"));
  EXPECT(list != NULL, "sbtinfo2 returned no list");
  return read_info(list, names, 1, info);
}

bool remove_piece(struct client *client, const char *handle)
{
  char name[SBT_HANDLE_BYTES];
  snprintf(name, sizeof name, "%s", handle);
  char *names[] = {name, NULL};
  return must_work(client, client->library->call->remove2(client->context, 0, names), "sbtremove2");
}

const char *fresh_handle(char handle[SBT_HANDLE_BYTES], const char *suffix)
{
  static unsigned counter;
  snprintf(handle, SBT_HANDLE_BYTES, "%s/%ld-%ld-%u-%s", handle_prefix, (long)getpid(), (long)time(NULL), ++counter, suffix);
  return handle;
}

/* sbtcheck: tells whether a media-management library works on this host, with this environment, as RMAN needs it.
 * One line per check; exit code 0 when all passed, 1 when one failed, 2 when it was called wrongly. */
#include "checks.h"

#include <stdio.h>
#include <string.h>

static const struct check CHECKS[] = {
    {"initialise-twice", CHECK_BASIC, check_initialise_twice, "sbtinit can be called again; version, context and table are usable"},
    {"allocate-release", CHECK_BASIC, check_allocate_release, "a channel is allocated and released without any work"},
    {"round-trip-16k", CHECK_BASIC, check_round_trip_16k, "100 blocks of 16 KiB: write, close, look up, read, end of file, remove"},
    {"round-trip-256k", CHECK_BASIC, check_round_trip_256k, "the same with 16 blocks of 256 KiB"},
    {"round-trip-1m", CHECK_BASIC, check_round_trip_1m, "the same with 8 blocks of 1 MiB"},
    {"command", CHECK_BASIC, check_command, "SEND takes any text"},
    {"restore-set", CHECK_BASIC, check_restore_set, "the pieces of a set are looked up together, then each is read to its end"},
    {"autobackup-probe", CHECK_BASIC, check_autobackup_probe, "a day of autobackup names, none of which exists, in one look-up"},
    {"exists", CHECK_STRICT, check_exists, "a second piece of the same name is refused with 7503"},
    {"not-found", CHECK_STRICT, check_not_found, "an unknown piece gives 7502, and 'not found' in a look-up that succeeds"},
    {"abort", CHECK_STRICT, check_abort, "a piece closed with the abort flag does not exist"},
    {"one-piece", CHECK_STRICT, check_one_piece, "a second piece on an open context is refused with 7501"},
    {"early-close", CHECK_STRICT, check_early_close, "a piece can be closed before it was read to its end"},
    {"many-names", CHECK_STRICT, check_many_names, "a look-up of 450 names keeps their order"},
    {"long-handle", CHECK_STRICT, check_long_handle, "handles of 511 bytes with '/' in them; 512 are refused"},
    {"init2-again", CHECK_STRICT, check_init2_again, "sbtinit2 on an initialised context changes nothing"},
    {"error-rules", CHECK_STRICT, check_error_rules, "sbterror repeats the last error until the next call, then has none"},
    {"before-init2", CHECK_STRICT, check_before_init2, "calls before sbtinit2 fail with 7501"},
    {"end-without-init", CHECK_STRICT, check_end_without_init, "sbtend works on a context that was never initialised"},
    {"end-in-child", CHECK_STRICT, check_end_in_child, "sbtend(abnormal) in a forked process leaves the parent's session alone"},
    {"end-discards", CHECK_STRICT, check_end_discards, "sbtend with an open piece discards it"},
    {"two-channels", CHECK_STRICT, check_two_channels, "two contexts in one process write at the same time"},
    {"interrupted-calls", CHECK_STRICT, check_interrupted, "a storm of signals does not break calls"},
    {"environment-missing", CHECK_ADYTON, check_environment_missing, "a missing ADY_ variable is named when the channel is allocated"},
    {"environment-trimmed", CHECK_ADYTON, check_environment_trimmed, "blanks and line ends around values do not matter"},
    {"no-socket", CHECK_ADYTON, check_no_socket, "an absent worker fails the allocation with its socket named"},
    {"bad-token", CHECK_ADYTON, check_bad_token, "a wrong token is refused by the worker"},
    {"exposed-token", CHECK_ADYTON, check_exposed_token, "a token file that others can read is not used"},
    {"simulated-errors", CHECK_ADYTON, check_simulated_errors, "ADY_SBT_SIM_ERROR fails exactly the call it names"},
    {"trace", CHECK_ADYTON, check_trace, "ADY_SBT_TRACE gets one line per call and no token"},
    {"worker-error", CHECK_ON_REQUEST, check_worker_error, "the worker refuses a block: sbtwrite2 says so, the next piece works"},
    {"close-error", CHECK_ON_REQUEST, check_close_error, "the worker refuses the close: sbtclose2 fails, the piece does not exist"},
    {"read-error", CHECK_ON_REQUEST, check_read_error, "the worker fails in the middle of a piece: sbtread2 says so"},
    {"connection-lost", CHECK_ON_REQUEST, check_connection_lost, "the worker goes away while a piece is written"},
    {"connection-lost-reading", CHECK_ON_REQUEST, check_connection_lost_reading, "the worker goes away while a piece is read"},
    {"throughput", CHECK_ON_REQUEST, check_throughput, "512 MiB there and back in blocks of 1 MiB"},
};
#define CHECK_COUNT (sizeof CHECKS / sizeof CHECKS[0])

static int usage(void)
{
  fprintf(stderr, "usage: sbtcheck [-handle PREFIX] LIBRARY [CHECK ...]   run the checks, or only the named ones\n"
                  "       sbtcheck -list                                 what the checks are\n"
                  "Parameters that RMAN would pass with ENV=(...) are taken from the environment.\n"
                  "Pieces are created below PREFIX (default: sbtcheck) and removed again.\n");
  return 2;
}

static int list_checks(void)
{
  static const char *const kinds[] = {"basic", "strict", "adyton", "on request"};
  for (size_t i = 0; i < CHECK_COUNT; i++)
    printf("%-24s %-10s %s\n", CHECKS[i].name, kinds[CHECKS[i].kind], CHECKS[i].about);
  return 0;
}

static bool run_check(const struct check *check, struct library *library)
{
  failure_reason[0] = '\0';
  remark[0] = '\0';
  bool good = check->run(library) && failure_reason[0] == '\0';
  if (good)
    printf("ok    %-24s %s\n", check->name, remark[0] == '\0' ? check->about : remark);
  else
    printf("FAIL  %-24s %s\n", check->name, failure_reason[0] == '\0' ? "no reason given" : failure_reason);
  fflush(stdout);
  return good;
}

static bool wanted(const struct check *check, const struct library *library, int count, char **names)
{
  bool adyton = strncmp(library->description, "Adyton", 6) == 0;
  if (count == 0)
    return check->kind == CHECK_BASIC || check->kind == CHECK_STRICT || (check->kind == CHECK_ADYTON && adyton);
  for (int i = 0; i < count; i++)
    if (strcmp(names[i], check->name) == 0)
      return true;
  return false;
}

static bool known(const char *name)
{
  for (size_t i = 0; i < CHECK_COUNT; i++)
    if (strcmp(CHECKS[i].name, name) == 0)
      return true;
  return false;
}

static int run_checks(const char *path, int count, char **names)
{
  struct library library;
  int failed = 0;
  int ran = 0;
  for (int i = 0; i < count; i++) {
    if (known(names[i]))
      continue;
    fprintf(stderr, "sbtcheck: there is no check '%s' (see sbtcheck -list)\n", names[i]);
    return 2;
  }
  if (!library_load(&library, path) || !library_initialise(&library)) {
    printf("FAIL  %-24s %s\n", "load", failure_reason);
    return 1;
  }
  printf("library     %s\ndescription %s, version %lu.%lu.%lu.%lu, context of %lu bytes\n", path, library.description,
         library.library_version >> 24, library.library_version >> 16 & 255, library.library_version >> 8 & 255,
         library.library_version & 255, library.context_bytes);
  for (size_t i = 0; i < CHECK_COUNT; i++) {
    if (!wanted(&CHECKS[i], &library, count, names))
      continue;
    ran++;
    failed += run_check(&CHECKS[i], &library) ? 0 : 1;
  }
  printf("%d checks, %d failed\n", ran, failed);
  return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
  int at = 1;
  if (at < argc && strcmp(argv[at], "-list") == 0)
    return list_checks();
  if (at + 1 < argc && strcmp(argv[at], "-handle") == 0) {
    handle_prefix = argv[at + 1];
    at += 2;
  }
  if (at >= argc || argv[at][0] == '-' || strlen(handle_prefix) > 200)
    return usage();
  return run_checks(argv[at], argc - at - 1, argv + at + 1);
}

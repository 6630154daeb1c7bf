/* The list of checks. `basic` ones any usable library passes; `strict` ones are rules of the interface that Oracle's own test
 * program does not look at; `adyton` ones set the ADY_ environment; the others run only when they are named. */
#ifndef SBTCHECK_CHECKS_H
#define SBTCHECK_CHECKS_H

#include "client.h"

enum check_kind { CHECK_BASIC, CHECK_STRICT, CHECK_ADYTON, CHECK_ON_REQUEST };

struct check {
  const char *name;
  enum check_kind kind;
  bool (*run)(struct library *library);
  const char *about;
};

bool check_initialise_twice(struct library *library);
bool check_round_trip_16k(struct library *library);
bool check_round_trip_256k(struct library *library);
bool check_round_trip_1m(struct library *library);
bool check_command(struct library *library);
bool check_allocate_release(struct library *library);
bool check_restore_set(struct library *library);
bool check_autobackup_probe(struct library *library);

bool check_exists(struct library *library);
bool check_not_found(struct library *library);
bool check_abort(struct library *library);
bool check_one_piece(struct library *library);
bool check_early_close(struct library *library);
bool check_many_names(struct library *library);
bool check_long_handle(struct library *library);
bool check_init2_again(struct library *library);
bool check_error_rules(struct library *library);
bool check_before_init2(struct library *library);
bool check_end_without_init(struct library *library);
bool check_end_in_child(struct library *library);
bool check_end_discards(struct library *library);
bool check_two_channels(struct library *library);
bool check_interrupted(struct library *library);

bool check_environment_missing(struct library *library);
bool check_environment_trimmed(struct library *library);
bool check_no_socket(struct library *library);
bool check_bad_token(struct library *library);
bool check_exposed_token(struct library *library);
bool check_simulated_errors(struct library *library);
bool check_trace(struct library *library);

bool check_worker_error(struct library *library);
bool check_close_error(struct library *library);
bool check_read_error(struct library *library);
bool check_connection_lost(struct library *library);
bool check_connection_lost_reading(struct library *library);
bool check_throughput(struct library *library);

#endif

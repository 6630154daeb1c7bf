/* Every limit of the library, with its unit and its reason. The time limits can be set from the compiler's command line: that is
 * how the tests see them expire without waiting; a released library is built without such settings. */
#ifndef ADY_LIMITS_H
#define ADY_LIMITS_H

/* A Unix socket answers at once unless the worker's accept queue is full; ten seconds let a busy worker catch up. */
#ifndef ADY_CONNECT_LIMIT_MS
#define ADY_CONNECT_LIMIT_MS 10000
#endif

/* While the accept queue is full connect() cannot be waited for with poll(), so it is tried again at this interval. */
#define ADY_CONNECT_RETRY_MS 20

/* The worker gives up greeting, opening, looking up and removing after 4 min, as long as it tries one object-store request again; one
 * more lets its own, better explained error arrive first. */
#ifndef ADY_REQUEST_LIMIT_MS
#define ADY_REQUEST_LIMIT_MS (5 * 60 * 1000)
#endif

/* The worker sends KEEPALIVE every 10 s while it lets us wait; twelve missed ones in a row mean that it hangs. */
#ifndef ADY_SILENCE_LIMIT_MS
#define ADY_SILENCE_LIMIT_MS 120000
#endif

/* The worker gives up closing a piece after 30 min; five more let its own, better explained error arrive first. */
#ifndef ADY_CLOSE_LIMIT_MS
#define ADY_CLOSE_LIMIT_MS (35 * 60 * 1000)
#endif

/* sbtend must not hold up a server process that wants to leave: the worker discards an open piece without an answer as well. */
#ifndef ADY_END_LIMIT_MS
#define ADY_END_LIMIT_MS 10000
#endif

/* An SBT block travels as one frame, so this is also the largest BLKSIZE; RMAN's default is 256 KiB, ours 1 MiB. */
#define ADY_PAYLOAD_BYTES_MAX (4u * 1024u * 1024u)

/* Room for the longest control payload the worker sends outside INFO_LIST: an error text with its numbers. */
#define ADY_CONTROL_BYTES_MAX 1040u

/* Names per INFO or REMOVE frame: few enough for the worker to look all of them up within the request limit. */
#define ADY_NAMES_PER_REQUEST 200u

/* Names per call; bounds what one sbtinfo2 can allocate (below 64 MiB with the longest names). */
#define ADY_NAMES_MAX 65536u

/* List elements read before a list without an end tag is given up. */
#define ADY_LIST_ELEMENTS_MAX 64u

/* Longest values taken from the environment and the token file. */
#define ADY_RUN_BYTES 128u
#define ADY_CHANNEL_BYTES 64u
#define ADY_TOKEN_BYTES 1024u
#define ADY_FILE_NAME_BYTES 1024u

/* sun_path of a Unix socket address, with its NUL. */
#define ADY_SOCKET_PATH_BYTES 108u

/* What error texts and the trace show of a handle; the rest would push the hint out of the 1023 bytes. */
#define ADY_SUBJECT_BYTES 160u

/* The context we ask Oracle for. */
#define ADY_CONTEXT_BYTES_MAX 4096u

#endif

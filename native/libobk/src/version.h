/* The version of the library: what RMAN prints, what HELLO carries. Kept equal to the version in the repository's package.json
 * (a test compares them). */
#ifndef ADY_VERSION_H
#define ADY_VERSION_H

#define ADY_VERSION_MAJOR 0
#define ADY_VERSION_MINOR 1
#define ADY_VERSION_PATCH 0
#define ADY_LIBRARY_VERSION "0.1.0"

#endif

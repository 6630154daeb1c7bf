// What a library says hello for when its channel was opened by a pre-check.

/** In the place of a run's id. No run is called so: the channel has no rights, and its token is nobody's. */
export const CHECK_RUN = 'check';

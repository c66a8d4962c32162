/** Bounds on what a backend can make a pod do or keep. */

/** Milliseconds. A backend may ask to be left alone, but not for longer than it takes to notice that it is back. */
export const MAX_BACKEND_PAUSE_MS = 60_000

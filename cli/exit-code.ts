/** The exit codes of the process. The help and docs/command-line.md list them. */
export const EXIT_CODE = {
  ok: 0,
  /** A failure at run time, or `lint` found problems. */
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
} as const

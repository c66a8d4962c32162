/** The exit codes of the process. The help and docs/command-line.md list them. */
export const EXIT_CODE = {
  ok: 0,
  /** The command failed while it ran, or `lint` found problems. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
} as const

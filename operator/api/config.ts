/**
 * The environment variables that this folder reads: the address of the API server, the paths of kubeconfigs, and the
 * variables of plugins.
 */
export type Environment = Readonly<Record<string, string | undefined>>

export function processEnvironment(): Environment {
  return process.env
}

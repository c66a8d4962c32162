/**
 * The environment variables that this folder reads. They hold the address of the API server and the paths of kubeconfigs.
 * Credential plugins also get all variables.
 */
export type Environment = Readonly<Record<string, string | undefined>>

export function processEnvironment(): Environment {
  return process.env
}

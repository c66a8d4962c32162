/** The environment, for those who look into it: where the API server is, where kubeconfigs are, what a plugin is started with. */
export type Environment = Readonly<Record<string, string | undefined>>

export function processEnvironment(): Environment {
  return process.env
}

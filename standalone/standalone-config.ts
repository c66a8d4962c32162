import type { ServingConfig } from '../ingress/serve/serving-config.ts'

/** The configuration of a standalone process. */
export interface StandaloneConfig extends ServingConfig {
  /** The path of the folder with the manifests. */
  readonly rules: string
  /**
   * The keys that sign dialog cookies, each of 16 bytes or more. The first key is the current one; the previous keys follow. If
   * the list is empty, a random key is generated.
   */
  readonly cookieKeys: readonly Buffer[]
}

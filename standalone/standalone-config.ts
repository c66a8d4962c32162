import type { ServingConfig } from '../ingress/serve/serving-config.ts'

/** The configuration of a standalone process. */
export interface StandaloneConfig extends ServingConfig {
  /** Folder of the manifests. */
  readonly rules: string
  /**
   * Keys that sign dialog cookies, each of 16 bytes or more: first the current key, then previous keys. If the list is empty,
   * a random key is generated.
   */
  readonly cookieKeys: readonly Buffer[]
}

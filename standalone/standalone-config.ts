import type { ServingConfig } from '../ingress/serve/serving-config.ts'

/** The configuration of a standalone process. */
export interface StandaloneConfig extends ServingConfig {
  /** Folder of the manifests. */
  readonly rules: string
  /**
   * Keys that sign dialog cookies, of 16 bytes or more: the current one, then previous ones. Empty: a random key is
   * generated.
   */
  readonly cookieKeys: readonly Buffer[]
}

import type { ServingConfig } from '../ingress/serve/serving-config.ts'

/** What a standalone process is told at its start. */
export interface StandaloneConfig extends ServingConfig {
  /** Folder of the manifests. */
  readonly rules: string
  /** Keys that sign dialog cookies, of 16 bytes or more: the current one, then previous ones. Empty: make one at random. */
  readonly cookieKeys: readonly Buffer[]
}

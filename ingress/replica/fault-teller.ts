import { errorText } from '../text/error-text.ts'

/** Tells a fault that lasts once, not at each of many tries. */
export interface FaultTeller {
  /** `error` may have a `code`; without one it is `table-failed`. */
  failed(error: unknown): void
  fault(code: string, message: string): void
  /** It is well again: the next fault is told even if it is the same. */
  well(): void
}

export function createFaultTeller(onFault: (code: string, message: string) => void): FaultTeller {
  let told: string | undefined
  const fault = (code: string, message: string): void => {
    if (told === `${code} ${message}`) return
    told = `${code} ${message}`
    onFault(code, message)
  }
  return {
    failed: (error) => fault(faultCode(error), errorText(error)),
    fault,
    well: () => {
      told = undefined
    },
  }
}

function faultCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'table-failed'
}

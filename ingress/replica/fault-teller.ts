/** Reports a fault that lasts once, and not again at each of many attempts. */
export interface FaultTeller {
  /** Reports an error. It may have a `code`; without one the code is `table-failed`. */
  failed(error: unknown): void
  fault(code: string, message: string): void
  /** The fault is over: the next one is reported even if it is the same. */
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
    failed: (error) => fault(codeOf(error), error instanceof Error ? error.message : String(error)),
    fault,
    well: () => {
      told = undefined
    },
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'table-failed'
}

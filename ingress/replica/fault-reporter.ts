import { errorText } from '../text/error-text.ts'

/** Reports a lasting fault once. The same fault is not reported again at each later attempt. */
export interface FaultReporter {
  /** Reports an error. If the error has no `code`, the code is `table-failed`. */
  report(error: unknown): void
  reportFault(code: string, message: string): void
  /** Called when the fault is over. The next fault is then reported, even one with the same text. */
  clear(): void
}

export function createFaultReporter(onFault: (code: string, message: string) => void): FaultReporter {
  let reported: string | undefined
  const reportFault = (code: string, message: string): void => {
    if (reported === `${code} ${message}`) return
    reported = `${code} ${message}`
    onFault(code, message)
  }
  return {
    report: (error) => reportFault(faultCode(error), errorText(error)),
    reportFault,
    clear: () => {
      reported = undefined
    },
  }
}

function faultCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'table-failed'
}

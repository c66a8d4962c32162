import { MAX_UNVOUCHED_TRANSACTIONS, MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG } from '../limits.ts'
import type { ServerTransaction } from './transaction/server-transaction.ts'

/**
 * Counts the transactions of sources of which we only know a valid dialog cookie. Many senders may have the same cookie, so the
 * number is limited for each dialog and in all. Then no sender can fill the transaction table.
 */
export interface UnvouchedTransactions {
  /** Whether this dialog, or all dialogs together, already have as many transactions as allowed. */
  full(callId: string): boolean
  enter(transaction: ServerTransaction, callId: string): void
  /** Does nothing if `enter` was not called for the transaction. */
  leave(transaction: ServerTransaction): void
}

export function createUnvouchedTransactions(): UnvouchedTransactions {
  const dialogs = new Map<ServerTransaction, string>()
  const counts = new Map<string, number>()
  return {
    full: (callId) =>
      dialogs.size >= MAX_UNVOUCHED_TRANSACTIONS || (counts.get(callId) ?? 0) >= MAX_UNVOUCHED_TRANSACTIONS_PER_DIALOG,
    enter: (transaction, callId) => {
      dialogs.set(transaction, callId)
      counts.set(callId, (counts.get(callId) ?? 0) + 1)
    },
    leave: (transaction) => {
      const callId = dialogs.get(transaction)
      if (callId === undefined) return
      dialogs.delete(transaction)
      const left = (counts.get(callId) ?? 0) - 1
      if (left > 0) counts.set(callId, left)
      else counts.delete(callId)
    },
  }
}
